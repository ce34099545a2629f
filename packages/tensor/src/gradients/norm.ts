// Layer norm and RMS norm: one kernel gives the gradients of x and of the parameters.
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrads } from './run-grad.ts';

export const layerNormGradient = normGradient('LayerNorm', ['x', 'weight', 'bias']);
export const rmsNormGradient = normGradient('RmsNorm', ['x', 'weight']);

function normGradient(kernelName: string, names: readonly string[]): GradConfig {
  return {
    kernelName,
    inputsToSave: ['x', 'weight'],
    gradFunc: (dy, saved, attrs: NamedAttrMap) => {
      const [x, weight] = saved as [Tensor, Tensor];
      return runGrads(`${kernelName}Grad`, { dy: dy as Tensor, x, weight }, attrs, names);
    },
  };
}
