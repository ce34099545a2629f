// Losses of single rows compute their gradients from their inputs. (A scalar loss has its gradients
// already: see ops/linear-cross-entropy.ts.)
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrads } from './run-grad.ts';

export const linearTokenLossGradient: GradConfig = {
  kernelName: 'LinearTokenLoss',
  inputsToSave: ['hidden', 'weight', 'labels'],
  gradFunc: (dys, saved, attrs: NamedAttrMap) => {
    const [hidden, weight, labels] = saved as [Tensor, Tensor, Tensor];
    const inputs = { dy: (dys as Tensor[])[0]!, hidden, weight, labels };
    return runGrads('LinearTokenLossGrad', inputs, attrs, ['hidden', 'weight']);
  },
};
