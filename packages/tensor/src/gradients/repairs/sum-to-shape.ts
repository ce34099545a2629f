// The reverse of broadcasting: an operand that was repeated gets the sum over its repetitions.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Sums `gradient` over the dimensions along which `shape` was broadcast. */
export function sumToShape(gradient: Tensor, shape: readonly number[]): Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], gradient.shape);
  const sum = axes.length > 0 ? tf.sum(gradient, axes) : gradient;
  return tf.reshape(sum, [...shape]);
}
