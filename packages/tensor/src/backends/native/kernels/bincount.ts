/** Bincount and DenseBincount: how often each number occurs (native/kernels/bincount). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';

function bincount({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const { x, weights } = inputs as Record<'x' | 'weights', TensorInfo>;
  const size = attrs['size'] as number;
  const [rows, columns] = x.shape.length === 2 ? (x.shape as [number, number]) : [1, sizeOf(x)];
  const out = backend.output(x.shape.length === 2 ? [rows, size] : [size], weights.dtype);
  const flags = [Number(weights.dtype === 'int32'), Number(attrs['binaryOutput'] ?? false)];
  const weightsHandle = sizeOf(weights) > 0 ? backend.handleOf(weights) : -1;
  const handles = [backend.handleOf(x), weightsHandle, backend.handleOf(out)];
  const isWrong = backend.run('Bincount', ...flags, rows, columns, size, ...handles);
  if (!isWrong) return out;
  backend.disposeIntermediateTensorInfo(out);
  throw new Error('Input x must be non-negative!');
}

/** tfjs's kernel for a vector ignores `binaryOutput`. */
function denseBincount(params: NativeKernelParams): TensorInfo {
  const isMatrix = (params.inputs['x'] as TensorInfo).shape.length === 2;
  if (isMatrix) return bincount(params);
  return bincount({ ...params, attrs: { ...params.attrs, binaryOutput: false } });
}

function supports({ inputs }: NativeKernelParams): boolean {
  const { x, weights } = inputs as Record<'x' | 'weights', TensorInfo>;
  const isNumber = weights.dtype === 'float32' || weights.dtype === 'int32';
  const hasWeights = sizeOf(weights) === 0 || sizeOf(weights) === sizeOf(x);
  return x.dtype === 'int32' && isNumber && hasWeights && x.shape.length <= 2;
}

export const BINCOUNT_KERNELS: readonly NativeKernel[] = Object.freeze([
  { kernelName: 'Bincount', supports, kernelFunc: bincount },
  { kernelName: 'DenseBincount', supports, kernelFunc: denseBincount },
]);
