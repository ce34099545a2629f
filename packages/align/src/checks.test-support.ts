// Test-only: fixtures, closeness and leak checks. Not exported.
import { readFileSync } from 'node:fs';
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { expect } from 'vitest';

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
