// Dropout whose mask is a function of (seed, element index): nothing has to be kept for the
// backward pass, which is the same kernel on dy.
import * as tf from '@tensorflow/tfjs-core';
import { philoxWords } from '../random/philox.ts';
import { composite, required } from './composite.ts';

export type DropoutAttrs = { rate: number; seed: number };

/** Stream of Philox blocks that dropout draws from; a Generator of the same seed uses stream 0. */
const DROPOUT_STREAM = 1;

/** Element i is kept where its word is at least this. */
export function dropThreshold(rate: number): number {
  return Math.min(Math.ceil(rate * 2 ** 32), 2 ** 32 - 1);
}

/** {x [..]} → x / (1 − rate) where kept, 0 where dropped */
export const dropout = composite<DropoutAttrs>('Dropout', (inputs, { rate, seed }) => {
  const x = required(inputs, 'x');
  const words = philoxWords(seed, 0, x.size, DROPOUT_STREAM);
  const threshold = dropThreshold(rate);
  const scale = Math.fround(1 / (1 - rate));
  const values = x.dataSync();
  const kept = Float32Array.from(words, (word, i) => (word < threshold ? 0 : values[i]! * scale));
  return tf.tensor(kept, x.shape);
});
