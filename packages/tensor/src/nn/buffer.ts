import * as tf from '@tensorflow/tfjs-core';

const BUFFERS = new WeakSet<tf.Variable>();

/** A variable that belongs to a module's state but is not learned, as PyTorch's buffers: part of `stateDict`, not of
 *  `parameters()`. Takes over `initial`: do not use it again. */
export function buffer(initial: tf.Tensor): tf.Variable {
  const variable = tf.variable(initial, false);
  initial.dispose();
  BUFFERS.add(variable);
  return variable;
}

/** Whether `buffer` made it. */
export function isBuffer(variable: tf.Variable): boolean {
  return BUFFERS.has(variable);
}
