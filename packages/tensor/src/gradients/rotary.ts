// A rotation's gradient is the rotation by the opposite angle.
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import { runGrad } from './run-grad.ts';

export const rotaryGradient = rotationGradient('Rotary', ['cos', 'sin']);
export const rotaryAtGradient = rotationGradient('RotaryAt', ['cos', 'sin', 'positions']);

function rotationGradient(kernelName: string, tables: string[]): GradConfig {
  return {
    kernelName,
    inputsToSave: tables,
    gradFunc: (dy, saved, attrs: NamedAttrMap) => ({
      x: () => {
        const inputs = Object.fromEntries(tables.map((name, i) => [name, saved[i]!]));
        const isInverse = !attrs['isInverse'];
        return runGrad(kernelName, { x: dy as Tensor, ...inputs }, { ...attrs, isInverse });
      },
    }),
  };
}
