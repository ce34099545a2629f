// BatchMatMul. tfjs's own gradient forgets that a batch dimension may have been broadcast.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';
import { sumToShape } from './sum-to-shape.ts';

/**
 * y = op(a) op(b), op the identity or the transpose: d op(a) = dy op(b)ᵀ and d op(b) = op(a)ᵀ dy, and
 * a transposed operand's gradient is the transpose of that: (X Y)ᵀ = Yᵀ Xᵀ.
 */
export const batchMatMulGradient: GradConfig = {
  kernelName: 'BatchMatMul',
  inputsToSave: ['a', 'b'],
  gradFunc: (gradient, saved, attrs) => {
    const dy = gradient as Tensor;
    const [a, b] = saved as [Tensor, Tensor];
    const { transposeA, transposeB } = attrs as { transposeA: boolean; transposeB: boolean };
    const da = () =>
      transposeA ? tf.matMul(b, dy, transposeB, true) : tf.matMul(dy, b, false, !transposeB);
    const db = () =>
      transposeB ? tf.matMul(dy, a, true, transposeA) : tf.matMul(a, dy, !transposeA, false);
    return { a: () => sumToShape(da(), a.shape), b: () => sumToShape(db(), b.shape) };
  },
};
