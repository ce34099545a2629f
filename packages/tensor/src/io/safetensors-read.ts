import * as tf from '@tensorflow/tfjs-core';
import { FormatError, UnsupportedError } from '../errors/errors.ts';
import { type ByteSource, toSource } from './byte-source.ts';
import { bfloat16ToFloat32, float16ToFloat32 } from './blocks/half-precision.ts';
import { hasKernel, runDequantize } from './blocks/quantize.ts';
import {
  readSafetensorsHeader,
  type SafetensorsDtype,
  type SafetensorsEntry,
  type SafetensorsInfo,
} from './safetensors-header.ts';
import { openShards } from './safetensors-shards.ts';
import { type OpenOptions, TensorSource } from './tensor-source.ts';
import { typedView } from './typed-view.ts';

/** An open safetensors file. */
export interface SafetensorsFile {
  /** The header's `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What is in it, in the header's order; nothing is read until `read`. */
  readonly tensors: ReadonlyMap<string, SafetensorsInfo>;
  /** One tensor: F64, F32, F16 and BF16 as float32, integers as int32, BOOL as bool. The caller
   *  owns it. F32 and I32 are parts of the mapped file where the backend can map. Rejects integers that
   *  int32 cannot hold rather than change them. */
  read(name: string): Promise<tf.Tensor>;
  /** Frees the file; tensors stay valid. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and checks its header; `read` then reads one tensor at a time.
 *
 * @param sourceOrPath closed by `close` in either case. A path that ends in `.index.json` opens the shards
 *   that it names, as one
 * @throws FormatError for a file that is truncated, inconsistent or something else, and where an index
 *   and its shards disagree
 */
export async function openSafetensors(
  sourceOrPath: ByteSource | string,
  options: OpenOptions = {},
): Promise<SafetensorsFile> {
  if (typeof sourceOrPath === 'string' && sourceOrPath.endsWith('.index.json')) {
    return openShards(sourceOrPath, options, openSafetensors);
  }
  const source = await toSource(sourceOrPath);
  try {
    const { metadata, tensors } = await readSafetensorsHeader(source);
    const data = new TensorSource(source, options);
    const read = async (name: string): Promise<tf.Tensor> => {
      const entry = tensors.get(name);
      if (entry === undefined) {
        throw new RangeError(
          `${source.name}: expected a tensor's name, got '${name}'. See tensors.`,
        );
      }
      return readTensor(data, entry, `${source.name}: ${name}`);
    };
    return { metadata, tensors, read, close: () => data.close() };
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function readTensor(
  data: TensorSource,
  entry: SafetensorsEntry,
  what: string,
): Promise<tf.Tensor> {
  const { dtype, offset, byteLength, shape } = entry;
  if (dtype === 'F32') return data.floats(offset, shape);
  if (dtype === 'I32') return data.integers(offset, shape);
  const isHalf = dtype === 'F16' || dtype === 'BF16';
  if (!isHalf || !hasKernel('Dequantize')) {
    return toTensor(await data.read(offset, byteLength), entry, what);
  }
  const bytes = await data.bytes(offset, byteLength);
  try {
    return runDequantize(bytes, dtype, shape);
  } finally {
    bytes.dispose();
  }
}

function toTensor(bytes: Uint8Array, info: SafetensorsInfo, what: string): tf.Tensor {
  const convert = CONVERTERS[info.dtype];
  if (convert === undefined) {
    throw new UnsupportedError(`${what}: expected a dtype that tf has, got ${info.dtype}.`);
  }
  const values = convert(bytes, what);
  const dtype =
    info.dtype === 'BOOL' ? 'bool' : values instanceof Float32Array ? 'float32' : 'int32';
  return tf.tensor(values, [...info.shape], dtype);
}

type Converter = (bytes: Uint8Array, what: string) => Float32Array | Int32Array | Uint8Array;

const CONVERTERS: Readonly<Partial<Record<SafetensorsDtype, Converter>>> = Object.freeze({
  F64: (bytes) => Float32Array.from(typedView(bytes, Float64Array)),
  F16: (bytes) => float16ToFloat32(typedView(bytes, Uint16Array)),
  BF16: (bytes) => bfloat16ToFloat32(typedView(bytes, Uint16Array)),
  I64: (bytes, what) => narrowI64(typedView(bytes, Int32Array), what),
  I16: (bytes) => Int32Array.from(typedView(bytes, Int16Array)),
  U16: (bytes) => Int32Array.from(typedView(bytes, Uint16Array)),
  I8: (bytes) => Int32Array.from(typedView(bytes, Int8Array)),
  U8: (bytes) => Int32Array.from(bytes),
  BOOL: (bytes, what) => {
    const wrong = bytes.find((byte) => byte > 1);
    if (wrong !== undefined) throw new FormatError(`${what}: expected BOOL 0 or 1, got ${wrong}.`);
    return bytes;
  },
} satisfies Partial<Record<SafetensorsDtype, Converter>>);

/** `words` are the low and high halves of each number; the high one must only repeat the sign. */
function narrowI64(words: Int32Array, what: string): Int32Array {
  const out = new Int32Array(words.length / 2);
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i] as number;
    const high = words[2 * i + 1] as number;
    if (high !== low >> 31) {
      const value = (BigInt(high) << 32n) + BigInt(low >>> 0);
      throw new UnsupportedError(`${what}: expected I64 values within int32, got ${value}.`);
    }
    out[i] = low;
  }
  return out;
}
