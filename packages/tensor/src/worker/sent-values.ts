// What crosses the border between threads: a tensor as its numbers, and buffers moved instead of copied.
import * as tf from '@tensorflow/tfjs-core';
import type { DataType, Tensor, TypedArray } from '@tensorflow/tfjs-core';

/** A tensor on the other side: `tf.tensor(values, shape, dtype)` makes it one again. */
export interface TensorData {
  readonly dtype: DataType;
  readonly shape: number[];
  readonly values: TypedArray | string[];
}

/** What the caller of a function gets for what the function returns. */
export type Sent<T> = T extends Tensor
  ? TensorData
  : T extends TypedArray | ArrayBuffer | string | number | boolean | bigint | null | undefined
    ? T
    : T extends object
      ? { [K in keyof T]: Sent<T[K]> }
      : T;

export interface Parcel {
  readonly value: unknown;
  /** The buffers that are moved: their arrays are empty on this side afterwards. */
  readonly transfer: ArrayBuffer[];
}

/** Makes a result ready to be posted. Its tensors are read and disposed; arrays that are alone in their buffer move. */
export function pack(result: unknown): Parcel {
  const buffers = new Set<ArrayBuffer>();
  const value = convert(result, buffers);
  return { value, transfer: [...buffers] };
}

function convert(value: unknown, buffers: Set<ArrayBuffer>): unknown {
  if (value instanceof tf.Tensor) return tensorData(value, buffers);
  if (ArrayBuffer.isView(value)) {
    const ownsBuffer = value.byteLength === value.buffer.byteLength;
    if (ownsBuffer && value.buffer instanceof ArrayBuffer) buffers.add(value.buffer);
    return value;
  }
  if (Array.isArray(value)) return value.map((item) => convert(item, buffers));
  if (!isPlainObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, convert(item, buffers)]),
  );
}

function tensorData(tensor: Tensor, buffers: Set<ArrayBuffer>): TensorData {
  const { dtype, shape } = tensor;
  const values = tensor.dataSync<'float32'>().slice(); // the cpu backend gives its own array
  tensor.dispose();
  buffers.add(values.buffer as ArrayBuffer);
  return { dtype, shape, values };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    [Object.prototype, null].includes(Object.getPrototypeOf(value) as null)
  );
}
