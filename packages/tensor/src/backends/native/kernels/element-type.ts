/** The element types as the C++ kernels number them (native/kernels/element_type.h), and their bits. */
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';

export type NativeDtype = 'float32' | 'int32' | 'bool';

const CODES: Readonly<Record<NativeDtype, number>> = Object.freeze({
  float32: 0,
  int32: 1,
  bool: 2,
});

export function isNativeDtype(dtype: DataType): dtype is NativeDtype {
  return dtype in CODES;
}

export function typeCode(dtype: DataType): number {
  return CODES[dtype as NativeDtype];
}

/** Bytes of an element. */
export function widthOf(dtype: DataType): 1 | 4 {
  return dtype === 'bool' ? 1 : 4;
}

/** What an element of this dtype holds after `value` is stored in it, as an unsigned integer. */
export function bitsOf(value: number, dtype: DataType): number {
  if (dtype === 'bool') return value & 0xff;
  if (dtype === 'int32') return value >>> 0;
  return new Uint32Array(Float32Array.of(value).buffer)[0] as number;
}

/** For `supports`: all of one dtype, and that one is native. */
export function haveOneDtype(tensors: readonly TensorInfo[]): boolean {
  const dtype = tensors[0]?.dtype;
  return dtype !== undefined && isNativeDtype(dtype) && tensors.every((t) => t.dtype === dtype);
}
