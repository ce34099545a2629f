import * as tf from '@tensorflow/tfjs-core';
import { noGradient } from './tape.ts';

/** The same values with no gradient: a constant for whatever is differentiated around it.
 *  Shares `x`'s memory; the caller owns the result. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  return noGradient(() => tf.clone(x));
}
