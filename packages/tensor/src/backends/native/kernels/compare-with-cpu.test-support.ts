/** Property tests of the native kernels: random tensors, the same computation on native and on tfjs's cpu. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect } from 'vitest';
import { kernelStats, resetKernelStats } from '../../../memory/statistics.ts';
import type { NativeDtype } from './element-type.ts';

/** A tensor as plain data, so that each backend makes its own. */
export interface Given {
  readonly shape: number[];
  readonly dtype: NativeDtype;
  readonly values: number[];
}

interface Result {
  readonly shape: number[];
  readonly dtype: string;
  readonly values: number[];
}

export const RUNS = Object.freeze({ numRuns: 50 });
const SPECIAL = [0, -0, 1, -1, 0.5, -0.5, 2.5, NaN, Infinity, -Infinity, 1e-40, 3e38, -7.25];
const INTEGERS = [0, 1, -1, 2, -3, 7, 100, 65536, -2147483648, 2147483647];

/** Sizes around a vector's 4, 8 and 16 lanes. */
const dimension: fc.Arbitrary<number> = fc.constantFrom<number>(
  1,
  2,
  3,
  5,
  7,
  8,
  9,
  15,
  16,
  17,
  33,
);

export const shapeOfRank = (min: number, max: number) =>
  fc.array(dimension, { minLength: min, maxLength: max }).filter((shape) => sizeOf(shape) <= 2000);

export const sizeOf = (shape: readonly number[]) => shape.reduce((size, dim) => size * dim, 1);

function elementOf(dtype: NativeDtype, isTame: boolean): fc.Arbitrary<number> {
  if (dtype === 'bool') return fc.constantFrom(0, 1);
  if (dtype === 'int32') {
    const any = fc.integer({ min: -50, max: 50 });
    return isTame ? any : fc.oneof({ arbitrary: any, weight: 3 }, fc.constantFrom(...INTEGERS));
  }
  const tame = fc.integer({ min: -4000, max: 4000 }).map((n) => n / 512);
  return isTame ? tame : fc.oneof({ arbitrary: tame, weight: 4 }, fc.constantFrom(...SPECIAL));
}

/** A few drawn values, repeated with a step, fill any size: shrinking stays quick. */
export function tensorOf(
  shape: number[],
  dtype: NativeDtype = 'float32',
  { isTame = false } = {},
): fc.Arbitrary<Given> {
  return fc.array(elementOf(dtype, isTame), { minLength: 1, maxLength: 23 }).map((drawn) => ({
    shape,
    dtype,
    values: Array.from(
      { length: sizeOf(shape) },
      (_, i) => drawn[(i * 7) % drawn.length] as number,
    ),
  }));
}

/** Two shapes that broadcast together. */
export const broadcastShapes = shapeOfRank(0, 4).chain((shape) => {
  const operand = fc
    .tuple(
      fc.array(fc.boolean(), { minLength: shape.length, maxLength: shape.length }),
      fc.nat(shape.length),
    )
    .map(([ones, dropped]) => shape.map((dim, d) => (ones[d] ? 1 : dim)).slice(dropped));
  const full = fc.constant(shape);
  return fc.oneof(
    fc.tuple(operand, full),
    fc.tuple(full, operand),
    fc.tuple(operand, operand),
    fc.tuple(full, full),
  );
});

export const make = ({ shape, dtype, values }: Given) => tf.tensor(values, shape, dtype);

type Compute = () => tf.Tensor | tf.Tensor[];

function resultsOf(backend: string, compute: Compute): Result[] {
  void tf.setBackend(backend); // started before: takes effect at once
  return tf.tidy(() => {
    const made = compute();
    return (Array.isArray(made) ? made : [made]).map((t) => ({
      shape: t.shape,
      dtype: t.dtype,
      values: Array.from(t.dataSync()),
    })) as unknown as tf.TensorContainer;
  }) as unknown as Result[];
}

export function isClose(actual: number, wanted: number, tolerance: number): boolean {
  if (Number.isNaN(wanted) || !Number.isFinite(wanted)) return Object.is(actual, wanted);
  return Math.abs(actual - wanted) <= tolerance * Math.max(1e-3, Math.abs(wanted));
}

function expectClose(actual: Result, wanted: Result, tolerance: number): void {
  expect({ shape: actual.shape, dtype: actual.dtype }).toEqual({
    shape: wanted.shape,
    dtype: wanted.dtype,
  });
  expect(actual.values.length).toBe(wanted.values.length);
  const wrong = wanted.values.findIndex(
    (value, i) => !isClose(actual.values[i] as number, value, tolerance),
  );
  if (wrong >= 0)
    expect(`[${wrong}] ${actual.values[wrong]}`).toBe(`[${wrong}] ${wanted.values[wrong]}`);
}

/** Same shapes, dtypes and values, to `tolerance` relative to each value; and no JavaScript kernel ran. */
export function expectSameAsCpu(compute: Compute, tolerance = 0): void {
  const wanted = resultsOf('cpu', compute);
  resetNativeStats();
  const actual = resultsOf('native', compute);
  expect(kernelStats().fallback).toEqual({});
  expect(actual.length).toBe(wanted.length);
  actual.forEach((result, i) => expectClose(result, wanted[i] as Result, tolerance));
}

function resetNativeStats(): void {
  void tf.setBackend('native');
  resetKernelStats();
}
