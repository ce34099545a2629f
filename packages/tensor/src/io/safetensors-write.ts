import type * as tf from '@tensorflow/tfjs-core';
import { UnsupportedError } from '../errors/errors.ts';
import { writeFileAtomic } from './write-file-atomic.ts';

/** What goes into the header besides the tensors. */
export interface SafetensorsOptions {
  /** Strings for the header's `__metadata__`. Default `{format: 'pt'}`, which Python's
   *  Transformers asks for. */
  metadata?: Readonly<Record<string, string>>;
}

const FILE_DTYPES: Readonly<Partial<Record<tf.DataType, string>>> = Object.freeze({
  float32: 'F32',
  int32: 'I32',
  bool: 'BOOL',
});

/**
 * Writes tensors as one safetensors file, atomically: float32 as F32, int32 as I32, bool as BOOL.
 * One tensor at a time is held as bytes; the tensors stay the caller's.
 *
 * @throws UnsupportedError for strings and complex numbers, RangeError for a name given twice
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [name: string, tensor: tf.Tensor]>,
  options: SafetensorsOptions = {},
): Promise<void> {
  const { metadata = { format: 'pt' } } = options;
  // Four-byte tensors first, so that all of them stay aligned.
  const entries = [...tensors].sort(([, a], [, b]) => elementBytes(b) - elementBytes(a));
  const header = encodeHeader(entries, metadata);
  await writeFileAtomic(path, pieces(header, entries));
}

async function* pieces(
  header: Uint8Array,
  entries: readonly (readonly [string, tf.Tensor])[],
): AsyncGenerator<Uint8Array> {
  yield header;
  for (const [, tensor] of entries) {
    const values = (await tensor.data()) as Float32Array | Int32Array | Uint8Array;
    yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  }
}

function encodeHeader(
  entries: readonly (readonly [string, tf.Tensor])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header = new Map<string, unknown>([['__metadata__', metadata]]);
  let end = 0;
  for (const [name, tensor] of entries) {
    const dtype = FILE_DTYPES[tensor.dtype];
    if (dtype === undefined) {
      throw new UnsupportedError(
        `writeSafetensors: ${name}: expected float32, int32 or bool, got ${tensor.dtype}.`,
      );
    }
    if (header.has(name)) {
      throw new RangeError(`writeSafetensors: ${name}: expected each name once, got it again.`);
    }
    const begin = end;
    end += tensor.size * elementBytes(tensor);
    header.set(name, { dtype, shape: tensor.shape, data_offsets: [begin, end] });
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const length = Math.ceil(json.length / 8) * 8; // data then begins at a multiple of 8
  const bytes = new Uint8Array(8 + length).fill(0x20); // padded with spaces, as the format allows
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  bytes.set(json, 8);
  return bytes;
}

function elementBytes(tensor: tf.Tensor): number {
  return tensor.dtype === 'bool' ? 1 : 4;
}
