// The scalar loss has its gradients already, up to the factor that reaches it; losses of single rows
// compute them from their inputs.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrads } from './run-grad.ts';

export const linearCrossEntropyGradient: GradConfig = {
  kernelName: 'LinearCrossEntropy',
  outputsToSave: [false, false, false, true, true],
  gradFunc: (dys, saved) => {
    const [dhidden, dweight] = saved as [Tensor, Tensor];
    const dy = (dys as Tensor[])[0]!;
    const isOne = dy.dataSync()[0] === 1; // as in training, where no second array is wanted
    const scaled = (gradient: Tensor) => (isOne ? gradient : tf.mul(gradient, dy));
    return { hidden: () => scaled(dhidden), weight: () => scaled(dweight) };
  },
};

export const linearTokenLossGradient: GradConfig = {
  kernelName: 'LinearTokenLoss',
  inputsToSave: ['hidden', 'weight', 'labels'],
  gradFunc: (dys, saved, attrs: NamedAttrMap) => {
    const [hidden, weight, labels] = saved as [Tensor, Tensor, Tensor];
    const inputs = { dy: (dys as Tensor[])[0]!, hidden, weight, labels };
    return runGrads('LinearTokenLossGrad', inputs, attrs, ['hidden', 'weight']);
  },
};
