import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
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

const dtype = fc.constantFrom('float32', 'int32', 'bool' as const);
const tensor = (min: number, max: number) =>
  fc
    .tuple(shapeOfRank(min, max), dtype)
    .chain(([shape, type]) => tensorOf(shape, type as 'float32'));

/** A tensor, with something drawn for each of its dimensions. */
const tensorWith = <T>(min: number, max: number, perAxis: (dim: number) => fc.Arbitrary<T>) =>
  tensor(min, max).chain((x) => fc.tuple(fc.constant(x), fc.tuple(...x.shape.map(perAxis))));

const check = <T>(drawn: fc.Arbitrary<T>, compute: (value: T) => tf.Tensor | tf.Tensor[]) =>
  fc.assert(
    fc.property(drawn, (value) => expectSameAsCpu(() => compute(value))),
    RUNS,
  );

describe('data movement gives the results of the cpu backend', () => {
  it('Transpose', () => {
    const drawn = tensor(0, 5).chain((x) =>
      fc.tuple(
        fc.constant(x),
        fc.shuffledSubarray(
          x.shape.map((_, d) => d),
          { minLength: x.shape.length },
        ),
      ),
    );
    check(drawn, ([x, perm]) => tf.transpose(make(x), perm));
  });

  it('Reverse', () => {
    check(
      tensor(1, 4).chain((x) =>
        fc.tuple(
          fc.constant(x),
          fc.subarray(
            x.shape.map((_, d) => d),
            { minLength: 1 },
          ),
        ),
      ),
      ([x, axes]) => tf.reverse(make(x), axes),
    );
  });

  it('Slice', () => {
    const range = (dim: number) =>
      fc.nat(dim).chain((begin) => fc.tuple(fc.constant(begin), fc.nat(dim - begin)));
    check(tensorWith(1, 4, range), ([x, ranges]) =>
      tf.slice(
        make(x),
        ranges.map(([begin]) => begin),
        ranges.map(([, size]) => size),
      ),
    );
  });

  // Not empty: tfjs's cpu kernel throws where the range leads the wrong way.
  it('StridedSlice', () => {
    const range = (dim: number) =>
      fc
        .tuple(fc.nat(dim - 1), fc.nat(dim - 1), fc.integer({ min: 1, max: 3 }), fc.boolean())
        .map(([i, j, step, isBackwards]) => {
          const [low, high] = [Math.min(i, j), Math.max(i, j) + 1];
          return isBackwards ? [high - 1 - dim, low - dim - 1, -step] : [low, high, step];
        });
    check(tensorWith(1, 3, range), ([x, ranges]) => {
      const part = (which: number) => ranges.map((range) => range[which] as number);
      return tf.stridedSlice(make(x), part(0), part(1), part(2));
    });
  });

  it('PadV2', () => {
    const padding = () => fc.tuple(fc.nat(3), fc.nat(3));
    check(tensorWith(1, 4, padding), ([x, paddings]) => tf.pad(make(x), paddings, 1));
  });

  it.each(['reflect', 'symmetric'] as const)('MirrorPad, %s', (mode) => {
    const edge = mode === 'reflect' ? 1 : 0;
    const padding = (dim: number) =>
      fc.tuple(fc.nat(Math.min(2, dim - edge)), fc.nat(Math.min(2, dim - edge)));
    check(tensorWith(1, 3, padding), ([x, paddings]) => tf.mirrorPad(make(x), paddings, mode));
  });

  it('Tile', () => {
    check(
      tensorWith(1, 3, () => fc.integer({ min: 1, max: 3 })),
      ([x, reps]) => tf.tile(make(x), reps),
    );
  });

  it('Concat', () => {
    const drawn = shapeOfRank(1, 3).chain((shape) =>
      fc
        .tuple(
          fc.nat(shape.length - 1),
          fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 3 }),
        )
        .chain(([axis, lengths]) =>
          fc.tuple(
            fc.constant(axis),
            fc.tuple(...lengths.map((length) => tensorOf(shape.with(axis, length), 'int32'))),
          ),
        ),
    );
    check(drawn, ([axis, parts]) => tf.concat(parts.map(make), axis));
  });

  it('Pack and Unpack', () => {
    const drawn = shapeOfRank(0, 3).chain((shape) =>
      fc.tuple(fc.nat(shape.length), fc.array(tensorOf(shape), { minLength: 1, maxLength: 3 })),
    );
    check(drawn, ([axis, parts]) => tf.stack(parts.map(make), axis));
    check(drawn, ([axis, parts]) => tf.unstack(tf.stack(parts.map(make), axis), axis));
  });

  it('SplitV', () => {
    check(tensor(1, 3), (x) => tf.split(make(x), [1, (x.shape[0] as number) - 1], 0));
  });

  it('OneHot', () => {
    const indices = fc.array(fc.integer({ min: -2, max: 9 }), { minLength: 1, maxLength: 40 });
    check(indices, (values) => tf.oneHot(tf.tensor1d(values, 'int32'), 7, 2, -1));
  });

  it('Range and LinSpace', () => {
    const number = fc.integer({ min: -20, max: 20 }).map((n) => n / 4);
    check(fc.tuple(number, number, fc.constantFrom(1, -1, 0.25, 3)), ([start, stop, step]) =>
      tf.range(start, stop, step),
    );
    check(fc.tuple(number, number, fc.integer({ min: 1, max: 40 })), ([start, stop, count]) =>
      tf.linspace(start, stop, count),
    );
  });

  it('Fill', () => {
    check(fc.tuple(shapeOfRank(0, 3), fc.integer({ min: -9, max: 9 })), ([shape, value]) => [
      tf.fill(shape, value / 2),
      tf.fill(shape, value, 'int32'),
      tf.onesLike(tf.fill(shape, 1, 'bool')),
    ]);
  });
});
