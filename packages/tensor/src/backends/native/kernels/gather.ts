/** GatherV2 and GatherNd (native/kernels/gather), ScatterNd and UnsortedSegmentSum (native/kernels/scatter). */
import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { isNativeDtype, widthOf } from './element-type.ts';

export const MAX_DEPTH = 16; // NdIndex::kMaxDepth in native/kernels/gather/nd_index.h

function valuesOf(backend: NativeBackend, indices: TensorInfo): Int32Array {
  return backend.readSync(indices.dataId) as Int32Array;
}

function gatherKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { x, indices } = inputs as Record<'x' | 'indices', TensorInfo>;
  const axis = util.parseAxisParam(attrs['axis'] as number, x.shape)[0] as number;
  const batchDims = (attrs['batchDims'] as number | undefined) ?? 0;
  const info = backend_util.segment_util.collectGatherOpShapeInfo(
    x as never,
    indices as never,
    axis,
    batchDims,
  );
  const out = backend.output(info.outputShape, x.dtype);
  const perBatch = info.batchSize === 0 ? 0 : sizeOf(indices) / info.batchSize;
  const sizes = [info.batchSize, info.outerSize, info.dimSize, perBatch, info.sliceSize];
  const handles = [backend.handleOf(x), backend.handleOf(indices), backend.handleOf(out)];
  const wrong = backend.run('Gather', widthOf(x.dtype), ...sizes, ...handles);
  if (wrong > 0) {
    backend.disposeData(out.dataId);
    const index = valuesOf(backend, indices)[wrong - 1];
    throw new Error(`GatherV2: the index value ${index} is not in [0, ${info.dimSize - 1}]`);
  }
  return out;
}

interface NdIndex {
  readonly count: number;
  readonly depth: number;
  readonly rows: number;
  readonly slice: number;
  readonly strides: readonly number[];
}

export const ndArgs = ({ count, depth, rows, slice, strides }: NdIndex) => [
  count,
  depth,
  rows,
  slice,
  ...strides.slice(0, depth),
];

/** Throws tfjs's error for the index at `place`, after freeing the unfinished output. */
export function refuseIndex(
  backend: NativeBackend,
  out: TensorInfo,
  { indices, depth, place }: { indices: TensorInfo; depth: number; place: number },
  shape: readonly number[],
): never {
  backend.disposeData(out.dataId);
  const index = valuesOf(backend, indices).slice(place * depth, (place + 1) * depth);
  throw new Error(`Invalid indices: ${[...index]} does not index into ${shape}`);
}

function gatherNdKernel({ inputs, backend }: NativeKernelParams): TensorInfo {
  const { params, indices } = inputs as Record<'params' | 'indices', TensorInfo>;
  const [shape, count, slice, strides] = backend_util.prepareAndValidate(
    params as never,
    indices as never,
  );
  const depth = indices.shape[indices.shape.length - 1] as number;
  const out = backend.output(shape, params.dtype);
  if (count === 0) return out;
  const nd = { count, depth, rows: slice === 0 ? 0 : sizeOf(params) / slice, slice, strides };
  const handles = [backend.handleOf(params), backend.handleOf(indices), backend.handleOf(out)];
  const wrong = backend.run('GatherNd', widthOf(params.dtype), ...ndArgs(nd), ...handles);
  if (wrong > 0) refuseIndex(backend, out, { indices, depth, place: wrong - 1 }, params.shape);
  return out;
}

function scatterAdd(
  backend: NativeBackend,
  [indices, updates, out]: readonly [TensorInfo, TensorInfo, TensorInfo],
  nd: NdIndex,
  isStrict: 0 | 1,
): number {
  const isInt = updates.dtype === 'int32' ? 1 : 0;
  const handles = [backend.handleOf(indices), backend.handleOf(updates), backend.handleOf(out)];
  return backend.run('ScatterAdd', isInt, isStrict, ...ndArgs(nd), ...handles);
}

function scatterNdKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { indices, updates } = inputs as Record<'indices' | 'updates', TensorInfo>;
  const shape = attrs['shape'] as number[];
  const info = backend_util.calculateShapes(updates as never, indices as never, shape);
  const out = backend.output(shape, updates.dtype);
  if (info.outputSize === 0) return out;
  const nd = {
    count: info.numUpdates,
    depth: info.sliceRank,
    rows: info.outputSize / info.sliceSize,
    slice: info.sliceSize,
    strides: info.strides,
  };
  const wrong = scatterAdd(backend, [indices, updates, out], nd, 1);
  if (wrong > 0) refuseIndex(backend, out, { indices, depth: nd.depth, place: wrong - 1 }, shape);
  return out;
}

function segmentSumKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { x, segmentIds } = inputs as Record<'x' | 'segmentIds', TensorInfo>;
  const rows = attrs['numSegments'] as number;
  const rest = x.shape.slice(1);
  const out = backend.output([rows, ...rest], 'float32');
  const slice = util.sizeFromShape(rest);
  const nd = { count: sizeOf(segmentIds), depth: 1, rows, slice, strides: [1] };
  scatterAdd(backend, [segmentIds, x, out], nd, 0);
  return out;
}

const isInt32 = (t: TensorInfo) => t.dtype === 'int32';

export const GATHER_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'GatherV2',
    supports({ inputs }) {
      const { x, indices } = inputs as Record<'x' | 'indices', TensorInfo>;
      return isNativeDtype(x.dtype) && isInt32(indices);
    },
    kernelFunc: gatherKernel,
  },
  {
    kernelName: 'GatherNd',
    supports({ inputs }) {
      const { params, indices } = inputs as Record<'params' | 'indices', TensorInfo>;
      return isNativeDtype(params.dtype) && isInt32(indices) && params.shape.length <= MAX_DEPTH;
    },
    kernelFunc: gatherNdKernel,
  },
  {
    kernelName: 'ScatterNd',
    supports({ inputs, attrs }) {
      const { indices, updates } = inputs as Record<'indices' | 'updates', TensorInfo>;
      const isNumber = updates.dtype === 'float32' || updates.dtype === 'int32';
      return isNumber && isInt32(indices) && (attrs['shape'] as number[]).length <= MAX_DEPTH;
    },
    kernelFunc: scatterNdKernel,
  },
  {
    kernelName: 'UnsortedSegmentSum',
    supports({ inputs }) {
      const { x, segmentIds } = inputs as Record<'x' | 'segmentIds', TensorInfo>;
      return x.dtype === 'float32' && isInt32(segmentIds) && segmentIds.shape.length === 1;
    },
    kernelFunc: segmentSumKernel,
  },
]);
