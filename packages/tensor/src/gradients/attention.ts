// One kernel gives the gradients of queries, keys and values from the output and the saved
// log-sum-exp.
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrads } from './run-grad.ts';

export const attentionGradient = gradientOf('Attention', ['q', 'k', 'v']);
export const maskedAttentionGradient = gradientOf('MaskedAttention', ['q', 'k', 'v', 'mask']);

function gradientOf(kernelName: string, saved: string[]): GradConfig {
  return {
    kernelName,
    inputsToSave: saved,
    outputsToSave: [true, true],
    gradFunc: (dys, tensors, attrs: NamedAttrMap) => {
      const names = [...saved, 'out', 'logSumExp'];
      const inputs = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
      const dy = (dys as Tensor[])[0]!;
      return runGrads(`${kernelName}Grad`, { dy, ...inputs }, attrs, ['q', 'k', 'v']);
    },
  };
}
