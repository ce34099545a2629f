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

const indicesBelow = (limit: number, max = 30) =>
  fc.array(fc.nat(limit - 1), { minLength: 1, maxLength: max });

describe('gather and scatter give the results of the cpu backend', () => {
  it('GatherV2 along any axis', () => {
    const drawn = shapeOfRank(1, 4).chain((shape) =>
      fc
        .nat(shape.length - 1)
        .chain((axis) =>
          fc.tuple(
            tensorOf(shape, 'int32'),
            fc.constant(axis),
            indicesBelow(shape[axis] as number),
          ),
        ),
    );
    fc.assert(
      fc.property(drawn, ([x, axis, indices]) => {
        expectSameAsCpu(() => tf.gather(make(x), tf.tensor1d(indices, 'int32'), axis));
      }),
      RUNS,
    );
  });

  it('GatherV2 with a batch dimension', () => {
    expectSameAsCpu(() => {
      const x = tf.reshape(tf.range(0, 24, 1, 'int32'), [2, 3, 4]);
      return tf.gather(
        x,
        tf.tensor2d(
          [
            [2, 0],
            [1, 1],
          ],
          [2, 2],
          'int32',
        ),
        1,
        1,
      );
    });
  });

  it('GatherNd and ScatterNd', () => {
    const drawn = shapeOfRank(2, 3).chain((shape) => {
      const index = fc.tuple(fc.nat((shape[0] as number) - 1), fc.nat((shape[1] as number) - 1));
      return fc.array(index, { minLength: 1, maxLength: 20 }).chain((indices) => {
        const updates = tensorOf([indices.length, ...shape.slice(2)], 'float32', { isTame: true });
        return fc.tuple(fc.constant(indices), updates, tensorOf(shape, 'float32'));
      });
    });
    fc.assert(
      fc.property(drawn, ([indices, updates, x]) => {
        expectSameAsCpu(() =>
          tf.gatherND(make(x), tf.tensor2d(indices, [indices.length, 2], 'int32')),
        );
        expectSameAsCpu(
          () =>
            tf.scatterND(
              tf.tensor2d(indices, [indices.length, 2], 'int32'),
              make(updates),
              x.shape,
            ),
          1e-5,
        );
      }),
      RUNS,
    );
  });

  it('UnsortedSegmentSum', () => {
    const drawn = shapeOfRank(1, 3).chain((shape) =>
      fc.tuple(
        tensorOf(shape, 'float32', { isTame: true }),
        fc.array(fc.integer({ min: -1, max: 8 }), { minLength: shape[0], maxLength: shape[0] }),
      ),
    );
    fc.assert(
      fc.property(drawn, ([x, ids]) => {
        expectSameAsCpu(() => tf.unsortedSegmentSum(make(x), tf.tensor1d(ids, 'int32'), 7), 1e-5);
      }),
      RUNS,
    );
  });

  it('TopK, equal values in their order', () => {
    const drawn = shapeOfRank(1, 2).chain((shape) =>
      fc.tuple(
        tensorOf(shape, 'int32'),
        fc.integer({ min: 1, max: shape[shape.length - 1] as number }),
      ),
    );
    fc.assert(
      fc.property(drawn, ([x, k]) => {
        expectSameAsCpu(() => Object.values(tf.topk(make(x), k)) as tf.Tensor[]);
      }),
      RUNS,
    );
  });

  it('Einsum', () => {
    const equations = [
      'ij,jk->ik',
      'bij,bjk->bik',
      'ij,ij->',
      'ij->ji',
      'ij,k->kij',
      'bthd,bshd->bhts',
      'ij,j->i',
      'ij->',
    ];
    const dims = { i: 3, j: 4, k: 5, b: 2, t: 3, h: 2, d: 4, s: 5 } as Record<string, number>;
    for (const equation of equations) {
      const terms = (equation.split('->')[0] as string).split(',');
      expectSameAsCpu(() => {
        const tensors = terms.map((term) =>
          tf.randomNormal(
            [...term].map((d) => dims[d] as number),
            0,
            1,
            'float32',
            7,
          ),
        );
        return tf.einsum(equation, ...tensors);
      }, 1e-4);
    }
  });
});

describe('indices out of range are refused, and nothing leaks', () => {
  it.each([
    [
      'GatherV2',
      () => tf.gather(tf.zeros([3, 2]), tf.tensor1d([0, 3], 'int32')),
      /index value 3 is not in \[0, 2\]/,
    ],
    [
      'GatherNd',
      () =>
        tf.gatherND(
          tf.zeros([3, 2]),
          tf.tensor2d(
            [
              [0, 1],
              [5, 0],
            ],
            [2, 2],
            'int32',
          ),
        ),
      /Invalid indices: 5,0/,
    ],
    [
      'ScatterNd',
      () => tf.scatterND(tf.tensor2d([[-1]], [1, 1], 'int32'), tf.tensor1d([1]), [3]),
      /Invalid indices: -1/,
    ],
  ])('%s', (_name, compute, message) => {
    void tf.setBackend('native');
    const before = tf.memory().numTensors;
    expect(() => tf.tidy(compute)).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});
