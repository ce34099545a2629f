import * as tf from '@tensorflow/tfjs-core';

/** sum + term, taking over both: the caller must use neither again. */
export function addInto(sum: tf.Tensor, term: tf.Tensor): tf.Tensor {
  const result = tf.add(sum, term);
  sum.dispose();
  term.dispose();
  return result;
}
