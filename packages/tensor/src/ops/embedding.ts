import * as tf from '@tensorflow/tfjs-core';

/** Rows of `weight` [V, C] by `ids` int32 [..] → [.., C]. */
export function embedding(weight: tf.Tensor, ids: tf.Tensor): tf.Tensor {
  return tf.gather(weight, ids as tf.Tensor1D);
}
