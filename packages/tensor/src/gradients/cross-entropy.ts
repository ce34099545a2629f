// softmax(logits) − target, scaled by the gradient that reaches each row's loss.
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrad } from './run-grad.ts';

export const crossEntropyGradient: GradConfig = {
  kernelName: 'CrossEntropy',
  inputsToSave: ['logits', 'labels'],
  outputsToSave: [false, true],
  gradFunc: (dys, saved, attrs: NamedAttrMap) => {
    const [logits, labels, logSumExp] = saved as [Tensor, Tensor, Tensor];
    const dy = (dys as Tensor[])[0]!;
    return {
      logits: () => runGrad('CrossEntropyGrad', { dy, logits, labels, logSumExp }, attrs),
    };
  },
};
