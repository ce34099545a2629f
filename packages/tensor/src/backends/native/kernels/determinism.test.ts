import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../use-backend.ts';

/** Large enough that every kernel is cut into several pieces. */
const [ROWS, COLS] = [301, 1003];

const COMPUTATIONS: Readonly<Record<string, (x: tf.Tensor, row: tf.Tensor) => tf.Tensor>> = {
  add: (x, row) => tf.add(x, row),
  exp: (x) => tf.exp(x),
  softmax: (x) => tf.softmax(x),
  'sum of all': (x) => tf.sum(x),
  'sum of rows': (x) => tf.sum(x, 1),
  'sum of columns': (x) => tf.sum(x, 0),
  'mean of columns': (x) => tf.mean(x, 0),
  transpose: (x) => tf.transpose(x),
  cumsum: (x) => tf.cumsum(x, 0),
  segments: (x) =>
    tf.unsortedSegmentSum(
      x,
      tf.tensor1d(
        Int32Array.from({ length: ROWS }, (_, i) => (i * 7) % 50),
        'int32',
      ),
      50,
    ),
};

const bits = (t: tf.Tensor) =>
  Buffer.from((t.dataSync() as Float32Array).buffer).toString('base64');

beforeAll(async () => {
  await useBackend('native');
});

afterAll(async () => {
  await useBackend('native', { threads: 2 });
});

describe('the same bits for every number of threads', () => {
  it.each(Object.entries(COMPUTATIONS))('%s', async (_name, compute) => {
    const x = tf.randomNormal([ROWS, COLS], 0, 1, 'float32', 3);
    const row = tf.randomNormal([COLS], 0, 1, 'float32', 4);
    const results: string[] = [];
    for (const threads of [1, 2, 3]) {
      await useBackend('native', { threads });
      tf.tidy(() => void results.push(bits(compute(x, row))));
    }
    expect(results.map((result) => result === results[0])).toEqual([true, true, true]);
    tf.dispose([x, row]);
  });
});

describe('every instruction set gives what cpu gives', () => {
  it.each(['scalar', 'avx2', 'avx512'] as const)('%s', async (instructionSet) => {
    await useBackend('cpu');
    const inputs = () =>
      [
        tf.randomNormal([37, 53], 0, 2, 'float32', 5),
        tf.randomNormal([53], 0, 2, 'float32', 6),
      ] as const;
    const wanted = tf.tidy(
      () =>
        Object.values(COMPUTATIONS)
          .slice(0, 9)
          .map((f) => f(...inputs()).dataSync()) as unknown as tf.TensorContainer,
    ) as unknown as Float32Array[];
    try {
      await useBackend('native', { instructionSet });
    } catch {
      return; // this processor does not have it
    }
    Object.values(COMPUTATIONS)
      .slice(0, 9)
      .forEach((compute, which) => {
        const actual = tf.tidy(
          () => compute(...inputs()).dataSync() as unknown as tf.TensorContainer,
        ) as unknown as Float32Array;
        wanted[which]?.forEach((value, i) => {
          expect(Math.abs((actual[i] as number) - value)).toBeLessThanOrEqual(
            2e-5 * Math.max(1, Math.abs(value)),
          );
        });
      });
  });
});
