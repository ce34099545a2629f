// A tensor of random numbers: element i is a function of (seed, counter, i) alone.
import * as tf from '@tensorflow/tfjs-core';
import { normalQuantile } from '../random/normal-quantile.ts';
import { philoxWords } from '../random/philox.ts';
import { composite } from './composite.ts';

export type RandomFillAttrs = {
  shape: number[];
  distribution: 'uniform' | 'normal' | 'truncatedNormal';
  /** Philox key, and the block that element 0 comes from. */
  seed: number;
  counter: number;
  /** value = offset + scale · (a uniform or standard normal number) */
  offset: number;
  scale: number;
};

// Φ(−2), and the mass between −2 and 2, which a truncated normal keeps.
export const LOWER_TAIL = 0.02275013194817921;
export const INNER_MASS = 1 - 2 * LOWER_TAIL;

/** [0, 1) in steps of 2^-24: every value is an exact float32. */
const unitUniform = (word: number) => (word >>> 8) * 2 ** -24;
/** (0, 1) open on both sides, as a quantile function needs it. */
const openUniform = (word: number) => (word + 0.5) * 2 ** -32;

const STANDARD: Readonly<Record<RandomFillAttrs['distribution'], (word: number) => number>> = {
  uniform: unitUniform,
  normal: (word) => normalQuantile(openUniform(word)),
  truncatedNormal: (word) => normalQuantile(LOWER_TAIL + openUniform(word) * INNER_MASS),
};

/** {} → [shape] */
export const randomFill = composite<RandomFillAttrs>('RandomFill', (_, attrs) => {
  const { shape, distribution, seed, counter, offset, scale } = attrs;
  const words = philoxWords(seed, counter, tf.util.sizeFromShape(shape));
  const fromWord = STANDARD[distribution];
  const values = new Float32Array(words.length);
  for (let i = 0; i < values.length; i++) values[i] = offset + fromWord(words[i]!) * scale;
  return tf.tensor(values, shape);
});
