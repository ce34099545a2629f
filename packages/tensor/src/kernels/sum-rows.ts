import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Sums every axis but the last: [.., C] → [C]. */
export function sumRows(x: Tensor): Tensor {
  return tf.sum(tf.reshape(x, [-1, x.shape[x.rank - 1]!]), 0);
}
