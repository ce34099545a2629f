/** Relu: max(x, 0), float32. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { areAll, sizeOf, type NativeKernel } from '../native-kernel.ts';

export const RELU_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'Relu',
    supports: ({ inputs }) => areAll('float32', inputs),
    kernelFunc({ inputs, backend }) {
      const { x } = inputs as { x: TensorInfo };
      const out = backend.output(x.shape, 'float32');
      backend.run('Relu', sizeOf(x), backend.handleOf(x), backend.handleOf(out));
      return out;
    },
  },
]);
