/** A seeded random generator whose whole state is `{seed, counter}`: the position in a Philox4x32-10
 *  stream. Same seed, same calls, same bits: on every platform, backend and number of threads.
 *
 *  A tensor of n elements takes ⌈n / 4⌉ blocks, a scalar one block; element i of a tensor is a
 *  function of (seed, counter, i) alone. */
import * as tf from '@tensorflow/tfjs-core';
import type { RandomFillAttrs } from '../kernels/random-fill.ts';
import { noteDraw } from './draw-record.ts';
import { philoxBlock, splitWords } from './philox.ts';

/** Position in the stream; what a checkpoint keeps. */
export interface GeneratorState {
  /** Integer in [0, 2^53). */
  readonly seed: number;
  /** Blocks drawn so far. */
  readonly counter: number;
}

/** Draws numbers and tensors from one Philox stream. The caller owns the tensors. */
export class Generator {
  #seed = 0;
  #counter = 0;
  readonly #block = new Uint32Array(4);

  /** @param seed integer in [0, 2^53) */
  constructor(seed: number) {
    this.setState({ seed, counter: 0 });
  }

  /** The position in the stream, for a checkpoint. */
  getState(): GeneratorState {
    return { seed: this.#seed, counter: this.#counter };
  }

  /** Goes on from a saved position. */
  setState(state: GeneratorState): void {
    for (const name of ['seed', 'counter'] as const) {
      if (!Number.isSafeInteger(state[name]) || state[name] < 0) {
        throw new RangeError(
          `Generator: ${name}: expected an integer in [0, 2^53), got ${state[name]}.`,
        );
      }
    }
    this.#seed = state.seed;
    this.#counter = state.counter;
  }

  /** Uniform in [min, max), float32. */
  uniform(shape: readonly number[], min = 0, max = 1): tf.Tensor {
    return this.#fill(shape, 'uniform', min, max - min);
  }

  /** Normal with the given mean and standard deviation, float32. */
  normal(shape: readonly number[], mean = 0, std = 1): tf.Tensor {
    return this.#fill(shape, 'normal', mean, std);
  }

  /** Normal, restricted to mean ± 2·std, float32. */
  truncatedNormal(shape: readonly number[], mean = 0, std = 1): tf.Tensor {
    return this.#fill(shape, 'truncatedNormal', mean, std);
  }

  /** A number in [0, 1) with 53 random bits. */
  uniformNumber(): number {
    const block = this.#nextBlock();
    return ((block[0] as number) * 2 ** 21 + ((block[1] as number) >>> 11)) * 2 ** -53;
  }

  /** An integer in [0, n), each equally likely; n in [1, 2^53). */
  nextInt(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1) {
      throw new RangeError(`Generator.nextInt: n: expected an integer in [1, 2^53), got ${n}.`);
    }
    const limit = 2 ** 53 - (2 ** 53 % n); // the largest multiple of n: above it, draw again
    for (;;) {
      const value = this.uniformNumber() * 2 ** 53;
      if (value < limit) return value % n;
    }
  }

  /** A seed for another generator or for `dropout`. */
  nextSeed(): number {
    return this.uniformNumber() * 2 ** 53;
  }

  /** The integers 0 … n−1 in random order (Fisher–Yates). */
  permutation(n: number): Int32Array {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.nextInt(i + 1);
      const swapped = order[i] as number;
      order[i] = order[j] as number;
      order[j] = swapped;
    }
    return order;
  }

  /** An index drawn in proportion to non-negative weights (they need not sum to 1). */
  multinomial(weights: ArrayLike<number>): number {
    let total = 0;
    for (let i = 0; i < weights.length; i++) total += weights[i] as number;
    if (!(total > 0) || total === Infinity) {
      throw new RangeError(
        `Generator.multinomial: weights: expected non-negative numbers with a finite positive sum, ` +
          `got sum ${total}.`,
      );
    }
    let remaining = this.uniformNumber() * total;
    let last = 0;
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i] as number;
      if (weight <= 0) continue;
      if (remaining < weight) return i;
      remaining -= weight;
      last = i; // rounding may leave a crumb after the end: it belongs to the last possible index
    }
    return last;
  }

  #fill(
    shape: readonly number[],
    distribution: RandomFillAttrs['distribution'],
    offset: number,
    scale: number,
  ): tf.Tensor {
    noteDraw(this);
    const state = this.getState();
    const attrs: RandomFillAttrs = { shape: [...shape], distribution, ...state, offset, scale };
    this.#counter += Math.ceil(tf.util.sizeFromShape(attrs.shape) / 4);
    return tf.engine().runKernel<tf.Tensor>('RandomFill', {}, attrs);
  }

  #nextBlock(): Uint32Array {
    noteDraw(this);
    const [low, high] = splitWords(this.#counter);
    this.#counter += 1;
    philoxBlock([low, high, 0, 0], splitWords(this.#seed), this.#block);
    return this.#block;
  }
}
