import * as tf from '@tensorflow/tfjs-core';
import { philoxWords } from '../random/philox.ts';

/** x with each element zeroed with probability `rate` and the others divided by 1 − rate. */
export function dropout(x: tf.Tensor, rate: number, seed: number): tf.Tensor {
  return tf.tidy(() => {
    const words = philoxWords(seed, 0, x.size);
    const threshold = rate * 2 ** 32;
    const scale = 1 / (1 - rate);
    const mask = Float32Array.from(words, (word) => (word < threshold ? 0 : scale));
    return tf.mul(x, tf.tensor(mask, x.shape));
  });
}
