import type * as tf from '@tensorflow/tfjs-core';
import { dropout } from '../ops/dropout.ts';
import type { Generator } from '../random/generator.ts';
import { Module } from './module.ts';

/** Zeroes each element with probability `rate` while training and scales the others by
 *  1 / (1 − rate) (Srivastava et al. 2014). Does nothing in evaluation. */
export class Dropout extends Module {
  readonly rate: number;
  readonly generator: Generator;

  /** @param rate in [0, 1)
   *  @param options.generator where each call's seed comes from; null only for rate 0 */
  constructor(rate: number, options: { generator: Generator | null }) {
    super();
    if (!(rate >= 0 && rate < 1)) {
      throw new RangeError(`Dropout: rate: expected a number in [0, 1), got ${rate}.`);
    }
    if (options.generator === null && rate > 0) {
      throw new RangeError(
        'Dropout: generator: expected a Generator for a rate above 0, got null.',
      );
    }
    this.rate = rate;
    this.generator = options.generator as Generator;
  }

  /** Same shape as `x`; `x` itself when nothing is dropped, else a new tensor. */
  forward(x: tf.Tensor): tf.Tensor {
    if (!this.training || this.rate === 0) return x;
    return dropout(x, this.rate, this.generator.nextSeed());
  }
}
