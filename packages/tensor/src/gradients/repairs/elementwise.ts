// Maximum, Minimum and SquaredDifference. tfjs's own gradients forget broadcasting.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { sumToShape } from './sum-to-shape.ts';

type Comparison = (a: Tensor, b: Tensor) => Tensor;

/** The gradient goes to the operand that was taken; of two equal ones, to a. */
function choiceGradient(kernelName: string, takesA: Comparison, takesB: Comparison): GradConfig {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc: (gradient, saved) => {
      const dy = gradient as Tensor;
      const [a, b] = saved as [Tensor, Tensor];
      const where = (taken: Tensor) => tf.mul(dy, tf.cast(taken, 'float32'));
      return {
        a: () => sumToShape(where(takesA(a, b)), a.shape),
        b: () => sumToShape(where(takesB(a, b)), b.shape),
      };
    },
  };
}

export const maximumGradient = choiceGradient('Maximum', tf.greaterEqual, tf.less);
export const minimumGradient = choiceGradient('Minimum', tf.lessEqual, tf.greater);

/** d (a − b)² = 2 (a − b) (da − db) */
export const squaredDifferenceGradient: GradConfig = {
  kernelName: 'SquaredDifference',
  inputsToSave: ['a', 'b'],
  gradFunc: (gradient, saved) => {
    const [a, b] = saved as [Tensor, Tensor];
    const slope = (x: Tensor, y: Tensor) =>
      tf.mul(gradient as Tensor, tf.mul(2, tf.cast(tf.sub(x, y), 'float32')));
    return {
      a: () => sumToShape(slope(a, b), a.shape),
      b: () => sumToShape(slope(b, a), b.shape),
    };
  },
};
