/** SparseToDense and TensorScatterUpdate: rows written over what is there (native/kernels/scatter). */
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { isNativeDtype, widthOf } from './element-type.ts';
import { MAX_DEPTH, ndArgs, refuseIndex } from './gather.ts';
import { copyOf, stridedCopy } from './strided-copy.ts';

/** Writes `updates` into `out`, which this call frees when an index is wrong. */
function scatterSet(
  backend: NativeBackend,
  out: TensorInfo,
  indices: TensorInfo,
  updates: TensorInfo,
): TensorInfo {
  const shape = out.shape;
  const info = backend_util.calculateShapes(updates as never, indices as never, shape);
  if (info.outputSize === 0) return out;
  const nd = {
    count: info.numUpdates,
    depth: info.sliceRank,
    rows: info.outputSize / info.sliceSize,
    slice: info.sliceSize,
    strides: info.strides,
  };
  const isOneUpdate = Number(updates.shape.length === 0);
  const handles = [indices, updates, out].map((tensor) => backend.handleOf(tensor));
  const width = widthOf(out.dtype);
  const wrong = backend.run('ScatterSet', width, ...ndArgs(nd), isOneUpdate, ...handles);
  if (wrong > 0) refuseIndex(backend, out, { indices, depth: nd.depth, place: wrong - 1 }, shape);
  return out;
}

function sparseToDense({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { sparseIndices, sparseValues, defaultValue } = inputs as Record<
    'sparseIndices' | 'sparseValues' | 'defaultValue',
    TensorInfo
  >;
  const shape = attrs['outputShape'] as number[];
  const out = backend.output(shape, sparseValues.dtype);
  if (sizeOf(out) === 0) return out;
  stridedCopy(backend, defaultValue, out, [{ dim: sizeOf(out), from: 0, to: 1 }]);
  return scatterSet(backend, out, sparseIndices, sparseValues);
}

function fits(indices: TensorInfo, updates: TensorInfo, rank: number): boolean {
  return indices.dtype === 'int32' && isNativeDtype(updates.dtype) && rank <= MAX_DEPTH;
}

export const SCATTER_SET_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'SparseToDense',
    supports({ inputs, attrs }) {
      const { sparseIndices, sparseValues } = inputs as Record<string, TensorInfo>;
      const rank = (attrs['outputShape'] as number[]).length;
      return fits(sparseIndices as TensorInfo, sparseValues as TensorInfo, rank);
    },
    kernelFunc: sparseToDense,
  },
  {
    kernelName: 'TensorScatterUpdate',
    supports({ inputs }) {
      const { tensor, indices, updates } = inputs as Record<
        'tensor' | 'indices' | 'updates',
        TensorInfo
      >;
      return tensor.dtype === updates.dtype && fits(indices, updates, tensor.shape.length);
    },
    kernelFunc({ inputs, backend }) {
      const { tensor, indices, updates } = inputs as Record<
        'tensor' | 'indices' | 'updates',
        TensorInfo
      >;
      return scatterSet(backend, copyOf(backend, tensor), indices, updates);
    },
  },
]);
