import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../use-backend.ts';
import {
  expectSameAsCpu,
  make,
  RUNS,
  shapeOfRank,
  tensorOf,
} from './compare-with-cpu.test-support.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('native', { threads: 2 });
});

const tensorAndAxes = (dtype: 'float32' | 'int32' | 'bool', isTame: boolean) =>
  shapeOfRank(0, 4).chain((shape) =>
    fc.tuple(tensorOf(shape, dtype, { isTame }), fc.subarray(shape.map((_, d) => d)), fc.boolean()),
  );

type Reduction = (x: tf.Tensor, axes: number[], keepDims: boolean) => tf.Tensor;

function check(
  reduce: Reduction,
  dtype: 'float32' | 'int32' | 'bool',
  tolerance = 0,
  isTame = false,
) {
  fc.assert(
    fc.property(tensorAndAxes(dtype, isTame), ([x, axes, keepDims]) => {
      expectSameAsCpu(() => reduce(make(x), axes, keepDims), tolerance);
    }),
    RUNS,
  );
}

describe('reductions give the results of the cpu backend', () => {
  // cpu sums in float64 too, in another order: the results differ by one rounding to float32 at most.
  it('Sum of float32', () => check(tf.sum, 'float32', 1e-6, true));
  it('Sum of int32', () => check(tf.sum, 'int32'));
  it('Sum of bool', () => check(tf.sum, 'bool'));
  // cpu rounds x / n to float32 before it sums.
  it('Mean of float32', () => check(tf.mean, 'float32', 3e-4, true));
  it('Max of float32, NaN included', () => check(tf.max, 'float32'));
  it('Min of float32, NaN included', () => check(tf.min, 'float32'));
  it('Max of int32', () => check(tf.max, 'int32'));
  it('All', () => check(tf.all, 'bool'));
  it('Any', () => check(tf.any, 'bool'));

  it('Prod of float32', () => {
    const small = shapeOfRank(1, 2).filter((shape) => shape.every((dim) => dim < 9));
    fc.assert(
      fc.property(
        small.chain((s) => tensorOf(s, 'float32', { isTame: true })),
        (x) => {
          expectSameAsCpu(() => tf.prod(make(x), 0), 1e-6);
        },
      ),
      RUNS,
    );
  });

  it.each(['argMax', 'argMin'] as const)('%s', (name) => {
    const drawn = shapeOfRank(1, 4).chain((s) => fc.tuple(tensorOf(s), fc.nat(s.length - 1)));
    fc.assert(
      fc.property(drawn, ([x, axis]) => expectSameAsCpu(() => tf[name](make(x), axis))),
      RUNS,
    );
  });

  it.each(['cumsum', 'cumprod'] as const)('%s', (name) => {
    const drawn = shapeOfRank(1, 4).chain((s) =>
      fc.tuple(
        tensorOf(s, 'float32', { isTame: true }),
        fc.nat(s.length - 1),
        fc.boolean(),
        fc.boolean(),
      ),
    );
    fc.assert(
      fc.property(drawn, ([x, axis, exclusive, reverse]) => {
        expectSameAsCpu(() => tf[name](make(x), axis, exclusive, reverse), 1e-6);
      }),
      RUNS,
    );
  });

  it('Softmax', () => {
    const drawn = shapeOfRank(1, 3).chain((s) => tensorOf(s, 'float32', { isTame: true }));
    fc.assert(
      fc.property(drawn, (x) => expectSameAsCpu(() => tf.softmax(make(x)), 1e-6)),
      RUNS,
    );
  });
});

describe('accuracy', () => {
  it('sums a million float32 without losing the small ones', () => {
    void tf.setBackend('native');
    // 2^20 times 0.1 in float32 is 0.100000001490116 each: 104857.6015625 to float32.
    const sum = tf.tidy(() => tf.sum(tf.fill([1 << 20], 0.1)).dataSync()[0]);
    expect(sum).toBe(Math.fround((1 << 20) * Math.fround(0.1)));
  });

  it('keeps softmax and its logarithm finite for large logits', () => {
    void tf.setBackend('native');
    const [p, logP] = tf.tidy(() => {
      const logits = tf.tensor2d([[1000, 999, -1000]]);
      const log = tf.engine().runKernel('LogSoftmax', { logits }, { axis: -1 }) as tf.Tensor;
      return [
        Array.from(tf.softmax(logits).dataSync()),
        Array.from(log.dataSync()),
      ] as unknown as tf.TensorContainer;
    }) as unknown as [number[], number[]];
    // 1 / (1 + e^-1) = 0.7310586; its logarithm is -0.3132617
    expect(p[0]).toBeCloseTo(0.7310586, 6);
    expect(p[2]).toBe(0);
    expect(logP[0]).toBeCloseTo(-0.3132617, 6);
    expect(logP[2]).toBeCloseTo(-2000.3132617, 3);
  });
});
