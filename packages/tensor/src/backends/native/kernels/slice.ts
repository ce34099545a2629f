/** Slice, StridedSlice, SplitV and Unpack: parts of one tensor, each a copy of its own. */
import { backend_util, slice_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import type { NativeKernel, NativeKernelParams } from '../native-kernel.ts';
import { isNativeDtype } from './element-type.ts';
import { copyAxes, reshaped, stridedCopy, stridesOf } from './strided-copy.ts';

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);

/** x[begin + i * steps] for i below `size`, under the shape `outShape` (of as many elements). */
function stridedPart(
  backend: NativeBackend,
  x: TensorInfo,
  view: { begin: readonly number[]; size: readonly number[]; steps?: readonly number[] },
  outShape: number[],
): TensorInfo {
  const out = backend.output(outShape, x.dtype);
  if (util.sizeFromShape(outShape) === 0) return out;
  const strides = stridesOf(x.shape);
  const from = view.steps ? strides.map((s, d) => s * (view.steps?.[d] as number)) : strides;
  const axes = copyAxes(view.size, from, stridesOf(view.size));
  return stridedCopy(backend, x, out, axes, { from: dot(view.begin, strides) });
}

export function slice(
  backend: NativeBackend,
  x: TensorInfo,
  begin: number[],
  size: number[],
  outShape = size,
): TensorInfo {
  return stridedPart(backend, x, { begin, size }, outShape);
}

function sliceKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const x = inputs['x'] as TensorInfo;
  const [begin, size] = slice_util.parseSliceParams(
    x as never,
    attrs['begin'] as number[],
    attrs['size'] as number[],
  ) as [number[], number[]];
  slice_util.assertParamsValid(x as never, begin, size);
  return slice(backend, x, begin, size);
}

function stridedSliceKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const x = inputs['x'] as TensorInfo;
  const masks = ['beginMask', 'endMask', 'ellipsisMask', 'newAxisMask', 'shrinkAxisMask'] as const;
  const [beginMask, endMask, ellipsisMask, newAxisMask, shrinkAxisMask] = masks.map(
    (name) => attrs[name] as number,
  ) as [number, number, number, number, number];
  const info = slice_util.sliceInfo(
    x.shape,
    attrs['begin'] as number[],
    attrs['end'] as number[],
    attrs['strides'] as number[],
    beginMask,
    endMask,
    ellipsisMask,
    newAxisMask,
    shrinkAxisMask,
  );
  if (info.isIdentity) return reshaped(backend, x, info.finalShape);
  if (info.sliceDim0 || info.isSimpleSlice) {
    util.assert(
      x.shape.length >= 1,
      () => `Input must have rank at least 1, got: ${x.shape.length}`,
    );
    const size = slice_util.computeOutShape(info.begin, info.end, info.strides);
    return stridedPart(backend, x, { begin: info.begin, size }, info.finalShape);
  }
  const view = { begin: info.begin, size: info.finalShapeSparse, steps: info.strides };
  return stridedPart(backend, x, view, info.finalShape);
}

/** Parts of the given lengths along `axis`, one after another. */
function split(
  backend: NativeBackend,
  x: TensorInfo,
  axis: number,
  lengths: number[],
): TensorInfo[] {
  const begin = x.shape.map(() => 0);
  return lengths.map((length) => {
    const size = x.shape.with(axis, length);
    const part = slice(backend, x, begin, size);
    begin[axis] = (begin[axis] as number) + length;
    return part;
  });
}

function splitKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo[] {
  const x = inputs['x'] as TensorInfo;
  const axis = util.parseAxisParam(attrs['axis'] as number, x.shape)[0] as number;
  const wanted = attrs['numOrSizeSplits'] as number[] | number;
  return split(backend, x, axis, backend_util.prepareSplitSize(x as never, wanted, axis));
}

function unpackKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo[] {
  const x = inputs['value'] as TensorInfo;
  const axis = util.parseAxisParam(attrs['axis'] as number, x.shape)[0] as number;
  const size = x.shape.with(axis, 1);
  const outShape = x.shape.toSpliced(axis, 1);
  const begin = x.shape.map(() => 0);
  return Array.from({ length: x.shape[axis] as number }, (_, i) =>
    slice(backend, x, begin.with(axis, i), size, outShape),
  );
}

const takesX = ({ inputs }: NativeKernelParams) => isNativeDtype((inputs['x'] as TensorInfo).dtype);

export const SLICE_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'Slice', supports: takesX, kernelFunc: sliceKernel },
  { kernelName: 'StridedSlice', supports: takesX, kernelFunc: stridedSliceKernel },
  { kernelName: 'SplitV', supports: takesX, kernelFunc: splitKernel },
  {
    kernelName: 'Unpack',
    supports: ({ inputs }) => isNativeDtype((inputs['value'] as TensorInfo).dtype),
    kernelFunc: unpackKernel,
  },
]);
