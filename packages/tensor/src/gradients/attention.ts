// One kernel gives the gradients of queries, keys, values and bias from the output and the saved
// log-sum-exp.
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrads } from './run-grad.ts';

export const attentionGradient = gradientOf('Attention', ['q', 'k', 'v']);
export const maskedAttentionGradient = gradientOf('MaskedAttention', ['q', 'k', 'v', 'mask']);
export const biasedAttentionGradient = gradientOf('BiasedAttention', ['q', 'k', 'v', 'bias']);
export const maskedBiasedAttentionGradient = gradientOf('MaskedBiasedAttention', [
  'q',
  'k',
  'v',
  'bias',
  'mask',
]);

function gradientOf(kernelName: string, saved: string[]): GradConfig {
  const differentiable = saved.filter((name) => name !== 'mask');
  return {
    kernelName,
    inputsToSave: saved,
    outputsToSave: [true, true],
    gradFunc: (dys, tensors, attrs: NamedAttrMap) => {
      const names = [...saved, 'out', 'logSumExp'];
      const inputs = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]));
      const dy = (dys as Tensor[])[0]!;
      return runGrads(`${kernelName}Grad`, { dy, ...inputs }, attrs, differentiable);
    },
  };
}
