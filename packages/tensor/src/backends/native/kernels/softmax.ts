/** Softmax and LogSoftmax over the last dimension (native/kernels/softmax). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { areAll, sizeOf, type NativeKernel } from '../native-kernel.ts';

function softmax(kernelName: string, isLog: 0 | 1, axisName: string): NativeKernel {
  return {
    kernelName,
    supports: ({ inputs }) => areAll('float32', inputs),
    kernelFunc({ inputs, attrs, backend }) {
      const logits = inputs['logits'] as TensorInfo;
      const rank = logits.shape.length;
      const axis = attrs[axisName] as number;
      if (axis !== -1 && axis !== rank - 1) {
        throw new Error(
          `${kernelName} along a non-last dimension is not yet supported. ` +
            `Logits was rank ${rank} and ${axisName} was ${axis}`,
        );
      }
      const cols = rank === 0 ? 1 : (logits.shape[rank - 1] as number);
      const rows = cols === 0 ? 0 : sizeOf(logits) / cols;
      const out = backend.output(logits.shape, 'float32');
      backend.run('Softmax', isLog, rows, cols, backend.handleOf(logits), backend.handleOf(out));
      return out;
    },
  };
}

export const SOFTMAX_KERNELS: readonly NativeKernel[] = Object.freeze([
  softmax('Softmax', 0, 'dim'),
  softmax('LogSoftmax', 1, 'axis'),
]);
