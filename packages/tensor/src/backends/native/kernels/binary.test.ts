import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../use-backend.ts';
import {
  broadcastShapes,
  expectSameAsCpu,
  isClose,
  make,
  RUNS,
  tensorOf,
} from './compare-with-cpu.test-support.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('native', { threads: 2 });
});

const KERNELS = {
  exact: [
    'Add',
    'Sub',
    'Multiply',
    'Maximum',
    'Minimum',
    'Equal',
    'NotEqual',
    'Greater',
    'GreaterEqual',
    'Less',
    'LessEqual',
  ],
  rounded: ['FloorDiv', 'Mod', 'Pow', 'SquaredDifference'],
  floatOnly: ['RealDiv', 'Atan2'],
  logical: ['LogicalAnd', 'LogicalOr'],
} as const;

const pairOf = (dtype: 'float32' | 'int32' | 'bool') =>
  broadcastShapes.chain(([a, b]) => fc.tuple(tensorOf(a, dtype), tensorOf(b, dtype)));

function check(kernelName: string, dtype: 'float32' | 'int32' | 'bool', tolerance = 0) {
  fc.assert(
    fc.property(pairOf(dtype), ([a, b]) => {
      expectSameAsCpu(
        () => tf.engine().runKernel(kernelName, { a: make(a), b: make(b) }) as tf.Tensor,
        tolerance,
      );
    }),
    RUNS,
  );
}

describe('binary kernels give the results of the cpu backend', () => {
  it.each([...KERNELS.exact, ...KERNELS.floatOnly])('%s of float32', (name) =>
    check(name, 'float32', 1e-7),
  );
  it.each(KERNELS.rounded)('%s of float32', (name) => check(name, 'float32', 1e-6));
  it.each([...KERNELS.exact, 'FloorDiv', 'Mod', 'SquaredDifference'])('%s of int32', (name) =>
    check(name, 'int32'),
  );
  it.each(KERNELS.logical)('%s of bool', (name) => check(name, 'bool'));
  it.each(['Equal', 'NotEqual', 'Greater', 'LessEqual'])('%s of bool', (name) =>
    check(name, 'bool'),
  );

  // Powers that a double holds exactly: beyond, V8's pow and C's differ in the last bit.
  it('Pow of int32', () => {
    const bases = fc.array(fc.integer({ min: -30, max: 30 }), { minLength: 5, maxLength: 5 });
    const exponents = fc.array(fc.integer({ min: -2, max: 10 }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(bases, exponents, (a, b) => {
        expectSameAsCpu(() => tf.pow(tf.tensor1d(a, 'int32'), tf.tensor1d(b, 'int32')));
      }),
      RUNS,
    );
  });

  it('Prelu', () => {
    fc.assert(
      fc.property(pairOf('float32'), ([x, alpha]) => {
        expectSameAsCpu(() => tf.prelu(make(x), make(alpha)), 1e-7);
      }),
      RUNS,
    );
  });

  it('empty tensors', () => {
    expectSameAsCpu(() => tf.add(tf.zeros([0, 3]), tf.zeros([1, 3])));
    expectSameAsCpu(() => tf.greater(tf.zeros([2, 0]), tf.scalar(1)));
  });

  it('sums of several tensors', () => {
    fc.assert(
      fc.property(fc.array(tensorOf([3, 17]), { minLength: 1, maxLength: 4 }), (terms) => {
        expectSameAsCpu(() => tf.addN(terms.map(make)), 1e-5);
      }),
      RUNS,
    );
  });
});

describe('the comparison itself', () => {
  it('refuses a wrong value, zeros and a NaN', () => {
    expect(isClose(1.001, 1, 1e-4)).toBe(false);
    expect(isClose(0, 1, 1e-4)).toBe(false);
    expect(isClose(0, NaN, 1e-4)).toBe(false);
    expect(isClose(NaN, 1, 1e-4)).toBe(false);
    expect(isClose(1.00001, 1, 1e-4)).toBe(true);
  });
});
