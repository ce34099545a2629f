/**
 * Frees what a function made. tf.tidy does so too, except that when the function throws inside a gradient,
 * the tensors which the tape had saved for the backward pass stay for ever: here they go as well.
 */
import * as tf from '@tensorflow/tfjs-core';

/**
 * Runs `fn` and disposes every tensor made in it except those in its result (a tensor, or an array or
 * record of them) and those passed to `tf.keep`. Also when it throws.
 */
export function scope<T>(fn: () => T): T {
  const { state } = tf.engine();
  const isOutsideTape = state.gradientDepth === 0;
  try {
    let result!: T;
    tf.engine().tidy(() => (result = fn()) as tf.TensorContainer);
    return result;
  } catch (error) {
    if (isOutsideTape) dropAbandonedTape();
    throw error;
  }
}

function dropAbandonedTape(): void {
  const { state } = tf.engine();
  for (const node of state.activeTape ?? []) {
    for (const tensor of node.saved ?? []) tensor.dispose();
  }
  (state as { activeTape: unknown }).activeTape = null;
}
