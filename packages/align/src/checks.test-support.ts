// Test-only: fixtures, closeness and leak checks. Not exported.
import { readFileSync } from 'node:fs';
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { expect } from 'vitest';
import { collate } from './data/collate.ts';
import type { PairBatch } from './data/collate.ts';
import { trainedPositions } from './logprobs/trained-positions.ts';

/** Reads a fixture that a script of tools/fixtures wrote. */
export function fixture<T>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../fixtures/${name}.json`, import.meta.url), 'utf8'),
  ) as T;
}

/** The numbers of a tensor, row-major; frees it. */
export function take(tensor: Tensor): number[] {
  const values = Array.from(tensor.dataSync());
  tensor.dispose();
  return values;
}

/** Every element within `tolerance` × max(1, |expected|). */
export function expectClose(
  actual: Tensor | readonly number[],
  expected: readonly number[],
  tolerance = 1e-5,
): void {
  const got = Array.isArray(actual) ? actual : Array.from((actual as Tensor).dataSync());
  expect(got).toHaveLength(expected.length);
  got.forEach((value, i) => {
    const limit = tolerance * Math.max(1, Math.abs(expected[i]!));
    expect(
      Math.abs(value - expected[i]!),
      `element ${i}: ${value}, expected ${expected[i]}`,
    ).toBeLessThanOrEqual(limit);
  });
}

/** Runs `fn`, disposes what it returns and checks that nothing else stayed; `fn` may throw. */
export function expectNoLeak(fn: () => unknown): void {
  const before = tf.memory().numTensors;
  try {
    tf.dispose(fn() as Tensor[]);
  } catch {
    // what a failed call leaves behind is counted below
  }
  expect(tf.memory().numTensors).toBe(before);
}

/** The batch of a fixture whose values lie at [rows, T − 1] positions, as TRL's do; `select` takes those of the trained
 *  tokens in our order, and `spread` puts them back, 0 elsewhere. Pairs if it holds chosen rows, then rejected ones. */
export function tokensOf({
  inputIds,
  completionMask,
}: {
  inputIds: number[][];
  completionMask: number[][];
}) {
  const rows = inputIds.map((ids, b) => ({ inputIds: ids, completionMask: completionMask[b]! }));
  const plain = collate(rows);
  const batch: PairBatch = {
    ...plain,
    pairs: plain.batchSize / 2,
    margins: new Float32Array(plain.batchSize / 2),
  };
  const width = batch.length - 1;
  const { positions } = trainedPositions(batch);
  const at = Array.from(
    positions,
    (position) => Math.floor(position / batch.length) * width + (position % batch.length),
  );
  const select = (values: readonly number[]) => at.map((index) => values[index]!);
  const spread = (values: ArrayLike<number>) => {
    const all = new Array<number>(batch.batchSize * width).fill(0);
    at.forEach((index, n) => (all[index] = values[n]!));
    return all;
  };
  return { batch, select, spread };
}
