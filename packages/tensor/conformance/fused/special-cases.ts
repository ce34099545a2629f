// What a table of inputs and outputs can't say: writing in place, infinities, nothing to average.
import { expect } from 'vitest';
import {
  crossEntropy,
  kvCacheWrite,
  linearTokenStatistics,
  logProbs,
  rotary,
  rotaryTables,
  scope,
  tf,
} from '../../src/index.ts';

export const SPECIAL_CASES = [
  { name: 'kvCacheWrite: writes where the cache lies', check: () => scope(writesInPlace) },
  { name: 'crossEntropy: a class at −∞ has no part', check: () => scope(hidesClasses) },
  {
    name: 'crossEntropy: NaN, without gradient, when no label counts',
    check: () => scope(averagesNothing),
  },
  {
    name: 'linearTokenStatistics: entropies and hits, by hand',
    check: () => scope(countsTokens),
  },
  { name: 'rotary: refuses a position beyond the tables', check: () => scope(refusesPosition) },
] as const;

function writesInPlace(): void {
  const cache = tf.zeros([2, 4, 1, 2]);
  kvCacheWrite(cache, tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 1, 2]), 1);
  kvCacheWrite(cache, tf.tensor4d([9, 10, 11, 12], [2, 1, 1, 2]), 3);
  expect(Array.from(cache.dataSync())).toEqual([
    ...[0, 0, 1, 2, 3, 4, 9, 10],
    ...[0, 0, 5, 6, 7, 8, 11, 12],
  ]);
}

/** Over the two classes left, at 0 and ln 3, the probabilities are 1/4 and 3/4. */
function hidesClasses(): void {
  const logits = tf.tensor2d([0, -Infinity, Math.log(3)], [1, 3]);
  const labels = tf.tensor1d([2], 'int32');
  expect(logProbs(logits, labels).dataSync()[0]).toBeCloseTo(Math.log(3 / 4), 6);
  const gradient = tf
    .grad((x) => crossEntropy(x, labels))(logits)
    .dataSync();
  for (const [i, expected] of [1 / 4, 0, 3 / 4 - 1].entries())
    expect(gradient[i]).toBeCloseTo(expected, 6);
}

function averagesNothing(): void {
  const logits = tf.ones([2, 3]);
  const labels = tf.tensor1d([-100, -100], 'int32');
  expect(crossEntropy(logits, labels).dataSync()[0]).toBeNaN();
  const gradient = tf
    .grad((x) => crossEntropy(x, labels))(logits)
    .dataSync();
  expect(Array.from(gradient, Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
}

/** Logits are ln of hidden · weight's rows: (1, 1, 2) → entropy of (¼, ¼, ½) is 1.5 ln 2; (3, 1, 0) → of (¾, ¼). */
function countsTokens(): void {
  const ln = Math.log;
  const hidden = tf.tensor2d([1, 0, 0, 1, 1, 0], [3, 2]);
  const weight = tf.tensor2d([0, ln(3), 0, 0, ln(2), -100], [3, 2]); // e^−100 counts nothing
  const labels = tf.tensor1d([2, 1, -100], 'int32');
  const { loss, entropies, hits } = linearTokenStatistics(hidden, weight, labels);
  expect(loss.dataSync()[0]).toBeCloseTo((ln(2) + ln(4)) / 2, 5);
  const expected = [1.5 * ln(2), 0.75 * ln(4 / 3) + 0.25 * ln(4), 0];
  for (const [i, value] of entropies.dataSync().entries())
    expect(value).toBeCloseTo(expected[i]!, 5);
  expect(Array.from(hits.dataSync())).toEqual([1, 0, 0]);
}

function refusesPosition(): void {
  const positions = tf.tensor2d([0, 8], [1, 2], 'int32');
  const call = () => rotary(tf.ones([1, 2, 1, 4]), rotaryTables(4, 8, 100), positions);
  expect(call).toThrow('rotary: positions: expected 0 to 7, got 8 at index 1');
}
