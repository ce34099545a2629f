/** SpaceToBatchND, BatchToSpaceND, DepthToSpace and Diag: transposes, padding and slices under other names. */
import { backend_util, util, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { isNativeDtype } from './element-type.ts';
import { fillWith } from './fill.ts';
import { pad } from './pad.ts';
import { slice } from './slice.ts';
import { stridedCopy } from './strided-copy.ts';
import { transpose } from './transpose.ts';

/** x seen as `shape`, its dimensions reordered by `perm`, seen as `outShape`. */
function reorder(
  backend: NativeBackend,
  x: TensorInfo,
  [shape, perm, outShape]: readonly [number[], number[], number[]],
): TensorInfo {
  return { ...transpose(backend, { ...x, shape }, perm), shape: outShape };
}

function batchToSpace({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const x = inputs['x'] as TensorInfo;
  const blockShape = attrs['blockShape'] as number[];
  const crops = attrs['crops'] as number[][];
  const product = util.sizeFromShape(blockShape);
  const shape = backend_util.getReshaped(x.shape, blockShape, product);
  const perm = backend_util.getPermuted(shape.length, blockShape.length);
  const whole = backend_util.getReshapedPermuted(x.shape, blockShape, product);
  const first = backend_util.getSliceBeginCoords(crops, blockShape.length);
  const kept = backend_util.getSliceSize(whole, crops, blockShape.length);
  const begin = whole.map((_, d) => first[d] ?? 0); // the dimensions after the blocks stay whole
  const size = whole.map((dim, d) => kept[d] ?? dim);
  const reordered = reorder(backend, x, [shape, perm, whole]);
  const out = slice(backend, reordered, begin, size);
  backend.disposeIntermediateTensorInfo(reordered);
  return out;
}

function spaceToBatch({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const x = inputs['x'] as TensorInfo;
  const blockShape = attrs['blockShape'] as number[];
  const given = attrs['paddings'] as [number, number][];
  const product = util.sizeFromShape(blockShape);
  const paddings = x.shape.map((_, d): [number, number] => given[d - 1] ?? [0, 0]);
  const padded = pad(backend, x, paddings, 0);
  const shape = backend_util.getReshaped(padded.shape, blockShape, product, false);
  const perm = backend_util.getPermuted(shape.length, blockShape.length, false);
  const outShape = backend_util.getReshapedPermuted(padded.shape, blockShape, product, false);
  const out = reorder(backend, padded, [shape, perm, outShape]);
  backend.disposeIntermediateTensorInfo(padded);
  return out;
}

function depthToSpace({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const x = inputs['x'] as TensorInfo;
  const block = attrs['blockSize'] as number;
  const dataFormat = attrs['dataFormat'] as string;
  util.assert(
    dataFormat === 'NHWC',
    () => `Only NHWC dataFormat supported on native for depthToSpace. Got ${dataFormat}`,
  );
  const [batch, height, width, depth] = x.shape as [number, number, number, number];
  const channels = depth / (block * block);
  const shape = [batch, height, width, block, block, channels];
  const outShape = [batch, height * block, width * block, channels];
  return reorder(backend, x, [shape, [0, 1, 3, 2, 4, 5], outShape]);
}

function diag({ inputs, backend }: NativeKernelParams): TensorInfo {
  const x = inputs['x'] as TensorInfo;
  const size = sizeOf(x);
  const out = fillWith(backend, backend.output([...x.shape, ...x.shape], x.dtype), 0);
  return stridedCopy(backend, x, out, [{ dim: size, from: 1, to: size + 1 }]);
}

const supports = ({ inputs }: NativeKernelParams) =>
  isNativeDtype((inputs['x'] as TensorInfo).dtype);

export const REARRANGE_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'BatchToSpaceND', supports, kernelFunc: batchToSpace },
  { kernelName: 'SpaceToBatchND', supports, kernelFunc: spaceToBatch },
  { kernelName: 'DepthToSpace', supports, kernelFunc: depthToSpace },
  { kernelName: 'Diag', supports, kernelFunc: diag },
]);
