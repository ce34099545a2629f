// A quantised weight is frozen: only x and the bias have gradients, dx = dy · W with W dequantised.
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import type { QuantizedLinearAttrs } from '../kernels/quantized.ts';
import { runGrad } from './run-grad.ts';

export const quantizedLinearGradient: GradConfig = {
  kernelName: 'QuantizedLinear',
  inputsToSave: ['bytes'],
  gradFunc: (dy, saved, attrs) => {
    const [bytes] = saved as [Tensor];
    const { type, rows, columns } = attrs as unknown as QuantizedLinearAttrs;
    const weight = { type, rows, columns };
    return {
      x: () => runGrad('QuantizedLinearGradInput', { dy: dy as Tensor, bytes }, weight),
      bias: () => runGrad('LinearGradBias', { dy: dy as Tensor }),
    };
  },
};
