// The weight is frozen: only x and the bias have gradients, dx = dy · W with W dequantised and the rounding of x left out.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import type { Int8Attrs } from '../kernels/int8-linear.ts';
import { runGrad } from './run-grad.ts';

export const int8LinearGradient: GradConfig = {
  kernelName: 'Int8Linear',
  inputsToSave: ['bytes', 'scales'],
  gradFunc: (dy, saved, attrs) => {
    const [bytes, scales] = saved as [Tensor, Tensor];
    const { columns } = attrs as unknown as Int8Attrs;
    return {
      x: () =>
        tf.tidy(() => {
          const weight = runGrad('Int8Dequantize', { bytes, scales }, { columns });
          return runGrad('LinearGradInput', { dy: dy as Tensor, weight });
        }),
      bias: () => runGrad('LinearGradBias', { dy: dy as Tensor }),
    };
  },
};
