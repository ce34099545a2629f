import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectDtype } from './expect.ts';

/**
 * Zeroes each element with probability `rate` and divides the others by 1 − rate (Srivastava et al.
 * 2014). The mask is made from (seed, element index), on every backend the same, and made again for
 * the gradient rather than kept.
 * @param x [..] float32
 * @param rate in [0, 1)
 * @param seed integer in [0, 2^53); take a new one for each call: `generator.nextSeed()`
 * @returns [..], owned by the caller
 */
export function dropout(x: Tensor, rate: number, seed: number): Tensor {
  expectDtype('dropout', 'x', x, 'float32');
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`dropout: rate: expected a number in [0, 1), got ${rate}.`);
  }
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`dropout: seed: expected an integer in [0, 2^53), got ${seed}.`);
  }
  return tf.engine().runKernel<Tensor>('Dropout', { x }, { rate, seed });
}
