import * as tf from '@tensorflow/tfjs-core';

/** a + b, taking over both: the caller must use neither again. Added in place where one of them
 *  shares its memory with nobody. */
export function addInto(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const [sum, term] = isSoleOwner(a) ? [a, b] : [b, a];
  if (!isSoleOwner(sum)) {
    const result = tf.add(a, b);
    tf.dispose([a, b]);
    return result;
  }
  tf.engine().runKernel<tf.Tensor[]>('AddInto', { sum, term });
  term.dispose();
  return sum;
}

/** Whether nothing else shares this tensor's memory, so that writing to it changes nothing else. */
export function isSoleOwner(tensor: tf.Tensor): boolean {
  return tf.engine().backend.refCount(tensor.dataId) === 1;
}
