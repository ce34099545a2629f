/** LRN, local response normalisation over channels, and its gradient (native/kernels/lrn). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { areAll, sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';

const MAX_CHANNELS = 16384; // kMaxLrnChannels in native/kernels/lrn/lrn.h

/** Pixels, channels and the formula's numbers, as both instructions read them. */
function lrnArgs({ attrs }: NativeKernelParams, x: TensorInfo): number[] {
  const channels = x.shape[3] as number;
  const pixels = channels === 0 ? 0 : sizeOf(x) / channels;
  const numbers = ['depthRadius', 'bias', 'alpha', 'beta'].map((name) => attrs[name] as number);
  return [pixels, channels, ...numbers];
}

function supports({ inputs, attrs }: NativeKernelParams): boolean {
  const x = inputs['x'] as TensorInfo;
  const hasWindow = Number.isInteger(attrs['depthRadius']) && (attrs['depthRadius'] as number) >= 0;
  return areAll('float32', inputs) && hasWindow && (x.shape[3] as number) <= MAX_CHANNELS;
}

function kernel(kernelName: string, instruction: string, names: readonly string[]): NativeKernel {
  return {
    kernelName,
    supports,
    kernelFunc(params) {
      const { inputs, backend } = params;
      const x = inputs['x'] as TensorInfo;
      const out = backend.output(x.shape, 'float32');
      const tensors = [...names.map((name) => inputs[name] as TensorInfo), out];
      const handles = tensors.map((tensor) => backend.handleOf(tensor));
      backend.run(instruction, ...lrnArgs(params, x), ...handles);
      return out;
    },
  };
}

export const LRN_KERNELS: readonly NativeKernel[] = Object.freeze([
  kernel('LRN', 'Lrn', ['x']),
  kernel('LRNGrad', 'LrnGrad', ['x', 'y', 'dy']),
]);
