/** The parts of a safetensors file that is being written: which dtype each tensor gets, the header, the
 *  bytes of the values. */
import * as tf from '@tensorflow/tfjs-core';
import { UnsupportedError } from '../errors/errors.ts';
import { quantize } from './blocks/quantize.ts';
import { DTYPE_BYTES, type SafetensorsDtype } from './safetensors-header.ts';

/** A tensor that is made when its turn comes, and disposed once it is written. */
export interface LazyTensor {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
  readonly make: () => tf.Tensor | Promise<tf.Tensor>;
}

export type TensorEntry = readonly [name: string, tensor: tf.Tensor | LazyTensor];

/** How each dtype of tf can be stored, the default first. */
const STORED_AS = Object.freeze({
  float32: ['F32', 'F16', 'BF16'],
  int32: ['I32', 'I64', 'U8'],
  bool: ['BOOL', 'U8'],
} as const satisfies Partial<Record<tf.DataType, readonly SafetensorsDtype[]>>);

/** A dtype that can be written. */
export type WritableDtype = (typeof STORED_AS)[keyof typeof STORED_AS][number];

/** Float32 tensors as F16 or BF16; or a choice for each tensor, undefined for the default. */
export type DtypeChoice =
  'F32' | 'F16' | 'BF16' | ((name: string, dtype: tf.DataType) => WritableDtype | undefined);

/** A tensor and where it goes. */
export interface PlannedTensor {
  readonly name: string;
  readonly tensor: tf.Tensor | LazyTensor;
  readonly dtype: WritableDtype;
  readonly byteLength: number;
}

/** @throws UnsupportedError for a dtype that cannot be stored so, RangeError for a name given twice */
export function planTensors(
  entries: Iterable<TensorEntry>,
  choice: DtypeChoice = 'F32',
): PlannedTensor[] {
  const names = new Set<string>();
  return Array.from(entries, ([name, tensor]) => {
    if (names.has(name)) {
      throw new RangeError(`writeSafetensors: ${name}: expected each name once, got it again.`);
    }
    names.add(name);
    const dtype = storedDtype(name, tensor.dtype, choice);
    const byteLength = tf.util.sizeFromShape([...tensor.shape]) * DTYPE_BYTES[dtype];
    return { name, tensor, dtype, byteLength };
  });
}

function storedDtype(name: string, dtype: tf.DataType, choice: DtypeChoice): WritableDtype {
  if (!Object.hasOwn(STORED_AS, dtype)) {
    const known = 'float32, int32 or bool';
    throw new UnsupportedError(`writeSafetensors: ${name}: expected ${known}, got ${dtype}.`);
  }
  const possible: readonly WritableDtype[] = STORED_AS[dtype as keyof typeof STORED_AS];
  if (typeof choice !== 'function') return dtype === 'float32' ? choice : possible[0]!;
  const chosen = choice(name, dtype) ?? possible[0]!;
  if (possible.includes(chosen)) return chosen;
  throw new UnsupportedError(
    `writeSafetensors: ${name}: expected one of ${possible.join(', ')} for ${dtype}, got ${chosen}.`,
  );
}

/** A mapped file begins at a page, so its tensors then lie on cache lines. */
const DATA_ALIGNMENT = 64;

/** Length and JSON, padded with spaces as the format allows. */
export function encodeHeader(
  tensors: readonly PlannedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header = new Map<string, unknown>([['__metadata__', metadata]]);
  let end = 0;
  for (const { name, tensor, dtype, byteLength } of tensors) {
    const begin = end;
    end += byteLength;
    header.set(name, { dtype, shape: tensor.shape, data_offsets: [begin, end] });
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const total = Math.ceil((8 + json.length) / DATA_ALIGNMENT) * DATA_ALIGNMENT;
  const bytes = new Uint8Array(total).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(total - 8), true);
  bytes.set(json, 8);
  return bytes;
}

/** The values as they lie in the file. @throws RangeError for what the dtype cannot hold */
export async function encodeValues({ name, tensor, dtype }: PlannedTensor): Promise<Uint8Array> {
  if (tensor instanceof tf.Tensor) return toBytes(await numbers(tensor), dtype, name);
  const made = await tensor.make();
  try {
    return toBytes(await numbers(made), dtype, name);
  } finally {
    made.dispose();
  }
}

type Numbers = Float32Array | Int32Array | Uint8Array;

const numbers = (tensor: tf.Tensor): Promise<Numbers> =>
  tensor.data<'float32' | 'int32' | 'bool'>();

function toBytes(values: Numbers, dtype: WritableDtype, name: string): Uint8Array {
  if (values instanceof Float32Array && (dtype === 'F16' || dtype === 'BF16')) {
    return halves(values, dtype, name);
  }
  if (dtype === 'I64') return asBytes(BigInt64Array.from(values, BigInt));
  if (dtype !== 'U8') return asBytes(values);
  const wrong = values.find((value) => value < 0 || value > 255);
  if (wrong === undefined) return Uint8Array.from(values);
  throw new RangeError(`writeSafetensors: ${name}: expected 0 … 255 for U8, got ${wrong}.`);
}

function halves(values: Float32Array, dtype: 'F16' | 'BF16', name: string): Uint8Array {
  try {
    return quantize(dtype, values);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(`writeSafetensors: ${name}: ${error.message}`);
  }
}

function asBytes(values: Numbers | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
