// GELU, SiLU and SwiGLU.
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrad, runGrads } from './run-grad.ts';

export const geluGradient = elementwiseGradient('Gelu');
export const siluGradient = elementwiseGradient('Silu');

export const swigluGradient: GradConfig = {
  kernelName: 'Swiglu',
  inputsToSave: ['gate', 'up'],
  gradFunc: (dy, saved) => {
    const [gate, up] = saved as [Tensor, Tensor];
    return runGrads('SwigluGrad', { dy: dy as Tensor, gate, up }, {}, ['gate', 'up']);
  },
};

function elementwiseGradient(kernelName: string): GradConfig {
  return {
    kernelName,
    inputsToSave: ['x'],
    gradFunc: (dy, saved, attrs: NamedAttrMap) => ({
      x: () => runGrad(`${kernelName}Grad`, { dy: dy as Tensor, x: saved[0]! }, attrs),
    }),
  };
}
