/**
 * Copies between strided views (native/kernels/strided_copy): transposes, slices, concatenation, padding,
 * tiling and reversal are this one instruction with other strides.
 */
import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf } from '../native-kernel.ts';
import { widthOf } from './element-type.ts';

/** One dimension of the copy: its length, and the step in elements on either side. */
export interface CopyAxis {
  readonly dim: number;
  /** 0 repeats the element, a negative step walks backwards. */
  readonly from: number;
  readonly to: number;
}

export interface CopyOffsets {
  readonly from?: number;
  readonly to?: number;
}

/** Row-major strides of every dimension, the last (1) included. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.length === 0 ? [] : [...util.computeStrides([...shape]), 1];
}

/** The strides of a view and its destination, dimension by dimension. */
export function copyAxes(
  dims: readonly number[],
  from: readonly number[],
  to: readonly number[],
): CopyAxis[] {
  return dims.map((dim, d) => ({ dim, from: from[d] as number, to: to[d] as number }));
}

/** Copies elements of `from` into `to`; the offsets are of the first element. */
export function stridedCopy(
  backend: NativeBackend,
  from: TensorInfo,
  to: TensorInfo,
  axes: readonly CopyAxis[],
  offsets: CopyOffsets = {},
): TensorInfo {
  const view = axes.flatMap(({ dim, from: step, to: outStep }) => [dim, step, outStep]);
  const places = [offsets.from ?? 0, sizeOf(from), offsets.to ?? 0, sizeOf(to)];
  const handles = [backend.handleOf(from), backend.handleOf(to)];
  backend.run('StridedCopy', widthOf(from.dtype), axes.length, ...view, ...places, ...handles);
  return to;
}

/** A new tensor with the same values. */
export function copyOf(backend: NativeBackend, x: TensorInfo): TensorInfo {
  const axes = [{ dim: sizeOf(x), from: 1, to: 1 }];
  return stridedCopy(backend, x, backend.output(x.shape, x.dtype), axes);
}

/** The same values under another shape: no copy, one reference more. */
export function reshaped(backend: NativeBackend, x: TensorInfo, shape: number[]): TensorInfo {
  backend.incRef(x.dataId);
  return { dataId: x.dataId, shape, dtype: x.dtype };
}
