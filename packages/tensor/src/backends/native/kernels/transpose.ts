/** Transpose and Reverse: the same elements, walked in another order. */
import { util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import type { NativeKernel } from '../native-kernel.ts';
import { isNativeDtype } from './element-type.ts';
import { copyAxes, reshaped, stridedCopy, stridesOf } from './strided-copy.ts';

/** Whether the dimensions longer than 1 keep their order, so that memory does too. */
function keepsOrder(shape: readonly number[], perm: readonly number[]): boolean {
  const moved = perm.filter((d) => shape[d] !== 1);
  return moved.every((d, i) => i === 0 || d > (moved[i - 1] as number));
}

export function transpose(
  backend: NativeBackend,
  x: TensorInfo,
  perm: readonly number[],
): TensorInfo {
  const shape = perm.map((d) => x.shape[d] as number);
  if (keepsOrder(x.shape, perm)) return reshaped(backend, x, shape);
  const strides = stridesOf(x.shape);
  const from = perm.map((d) => strides[d] as number);
  const out = backend.output(shape, x.dtype);
  return stridedCopy(backend, x, out, copyAxes(shape, from, stridesOf(shape)));
}

export function reverse(
  backend: NativeBackend,
  x: TensorInfo,
  axes: readonly number[],
): TensorInfo {
  const strides = stridesOf(x.shape);
  const from = strides.map((stride, d) => (axes.includes(d) ? -stride : stride));
  const last = (d: number) => ((x.shape[d] as number) - 1) * (strides[d] as number);
  const offset = axes.reduce((sum, d) => sum + last(d), 0);
  const out = backend.output(x.shape, x.dtype);
  return stridedCopy(backend, x, out, copyAxes(x.shape, from, strides), {
    from: Math.max(0, offset),
  });
}

export const TRANSPOSE_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Transpose',
    supports: ({ inputs }) => isNativeDtype((inputs['x'] as TensorInfo).dtype),
    kernelFunc: ({ inputs, attrs, backend }) =>
      transpose(backend, inputs['x'] as TensorInfo, attrs['perm'] as number[]),
  },
  {
    kernelName: 'Reverse',
    supports: ({ inputs }) => isNativeDtype((inputs['x'] as TensorInfo).dtype),
    kernelFunc({ inputs, attrs, backend }) {
      const x = inputs['x'] as TensorInfo;
      if (x.shape.length === 0) return reshaped(backend, x, []);
      return reverse(backend, x, [
        ...new Set(util.parseAxisParam(attrs['dims'] as number[], x.shape)),
      ]);
    },
  },
]);
