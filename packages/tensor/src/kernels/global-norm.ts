// The Euclidean norm of many tensors taken as one vector.
import * as tf from '@tensorflow/tfjs-core';
import { composite } from './composite.ts';

/** {0: [..], 1: [..], …} → scalar √Σx² */
export const globalNorm = composite('GlobalNorm', (inputs) => {
  const squares = Object.values(inputs).map((tensor) => tf.sum(tf.square(tensor)));
  return tf.sqrt(tf.addN(squares));
});
