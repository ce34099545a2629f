// dx = dy·W, dW = dyᵀ·x, db = Σ dy: each made only when it is asked for.
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { runGrad } from './run-grad.ts';

export const linearGradient: GradConfig = {
  kernelName: 'Linear',
  inputsToSave: ['x', 'weight'],
  gradFunc: (dy, saved) => {
    const [x, weight] = saved as [Tensor, Tensor];
    return {
      x: () => runGrad('LinearGradInput', { dy: dy as Tensor, weight }),
      weight: () => runGrad('LinearGradWeight', { dy: dy as Tensor, x }),
      bias: () => runGrad('LinearGradBias', { dy: dy as Tensor }),
    };
  },
};
