/** Tensors made from numbers alone: Fill, ZerosLike, OnesLike, Range, LinSpace; and OneHot. */
import { util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { bitsOf, isNativeDtype, widthOf } from './element-type.ts';

/** Sets every element of `out`. */
export function fillWith(backend: NativeBackend, out: TensorInfo, value: number): TensorInfo {
  const bits = bitsOf(value, out.dtype);
  backend.run('Fill', widthOf(out.dtype), sizeOf(out), bits, backend.handleOf(out));
  return out;
}

function filledLike(kernelName: string, value: number): NativeKernel {
  return {
    kernelName,
    supports: ({ inputs }) => isNativeDtype((inputs['x'] as TensorInfo).dtype),
    kernelFunc({ inputs, backend }) {
      const x = inputs['x'] as TensorInfo;
      return fillWith(backend, backend.output(x.shape, x.dtype), value);
    },
  };
}

function fillDtype({ attrs }: NativeKernelParams): DataType {
  return (attrs['dtype'] as DataType | undefined) ?? util.inferDtype(attrs['value'] as number);
}

/** `count` numbers from `start` on, each the one before plus `step`, rounded. */
function running(
  backend: NativeBackend,
  dtype: DataType,
  { start, step, count }: { start: number; step: number; count: number },
): TensorInfo {
  const out = backend.output([count], dtype);
  const handle = backend.handleOf(out);
  backend.run('FillRunning', dtype === 'int32' ? 1 : 0, count, start, step, handle);
  return out;
}

/** tfjs's rules: an empty range where the step leads away, and a step of 1 that may count down. */
function rangeKernel({ attrs, backend }: NativeKernelParams): TensorInfo {
  const { start, stop, step } = attrs as Record<'start' | 'stop' | 'step', number>;
  const leadsAway = (start < stop && step < 0) || (stop < start && step > 1);
  const isEmpty = start === stop || leadsAway;
  const count = isEmpty ? 0 : Math.abs(Math.ceil((stop - start) / step));
  const usedStep = stop < start && step === 1 ? -1 : step;
  return running(backend, attrs['dtype'] as DataType, { start, step: usedStep, count });
}

function linSpaceKernel({ attrs, backend }: NativeKernelParams): TensorInfo {
  const { start, stop, num } = attrs as Record<'start' | 'stop' | 'num', number>;
  const step = (stop - start) / (num - 1);
  return running(backend, 'float32', { start, step, count: num });
}

function oneHotKernel({ inputs, attrs, backend }: NativeKernelParams): TensorInfo {
  const indices = inputs['indices'] as TensorInfo;
  const { depth, onValue, offValue } = attrs as Record<'depth' | 'onValue' | 'offValue', number>;
  const dtype = attrs['dtype'] as DataType;
  const out = backend.output([...indices.shape, depth], dtype);
  const bits = [bitsOf(onValue, dtype), bitsOf(offValue, dtype)];
  const handles = [backend.handleOf(indices), backend.handleOf(out)];
  backend.run('OneHot', widthOf(dtype), ...bits, sizeOf(indices), depth, ...handles);
  return out;
}

export const FILL_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Fill',
    supports: (params) => isNativeDtype(fillDtype(params)),
    kernelFunc(params) {
      const out = params.backend.output(params.attrs['shape'] as number[], fillDtype(params));
      return fillWith(params.backend, out, Number(params.attrs['value']));
    },
  },
  filledLike('ZerosLike', 0),
  filledLike('OnesLike', 1),
  {
    kernelName: 'Range',
    supports: ({ attrs }) => attrs['dtype'] === 'float32' || attrs['dtype'] === 'int32',
    kernelFunc: rangeKernel,
  },
  { kernelName: 'LinSpace', kernelFunc: linSpaceKernel },
  {
    kernelName: 'OneHot',
    supports: ({ inputs, attrs }) =>
      (inputs['indices'] as TensorInfo).dtype === 'int32' &&
      isNativeDtype(attrs['dtype'] as DataType),
    kernelFunc: oneHotKernel,
  },
]);
