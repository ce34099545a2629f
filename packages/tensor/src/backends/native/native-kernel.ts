/** What a file of kernels/ exports: how one tfjs kernel runs in C++. */
import {
  util,
  type NamedAttrMap,
  type NamedTensorInfoMap,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { NativeBackend } from './native-backend.ts';

export interface NativeKernelParams {
  inputs: NamedTensorInfoMap;
  attrs: NamedAttrMap;
  backend: NativeBackend;
}

export interface NativeKernel {
  /** tfjs's name of the kernel, or ours. */
  kernelName: string;
  /**
   * Whether the C++ takes these inputs (dtypes, mostly); when false, the JavaScript kernel of the same name runs
   * and is counted as a fallback. Left out: always.
   */
  supports?(params: NativeKernelParams): boolean;
  kernelFunc(params: NativeKernelParams): TensorInfo | TensorInfo[];
}

/** A shape as an instruction's arguments: [rank, dim, dim, ...]. */
export function shapeArgs(shape: readonly number[]): number[] {
  return [shape.length, ...shape];
}

export function sizeOf(info: TensorInfo): number {
  return util.sizeFromShape(info.shape);
}

/** For `supports`: every input is of this dtype. */
export function areAll(dtype: TensorInfo['dtype'], inputs: NamedTensorInfoMap): boolean {
  return Object.values(inputs).every((input) => input === undefined || input.dtype === dtype);
}
