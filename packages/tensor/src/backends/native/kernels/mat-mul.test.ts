import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { kernelStats, resetKernelStats, tf, useBackend } from '../../../index.ts';

const SIZES = [0, 1, 2, 3, 7, 8, 9, 15, 17, 33];
const size = fc.constantFrom(...SIZES);
const BATCHES: [number[], number[]][] = [
  [[], []],
  [[3], [3]],
  [[1], [4]],
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [[5], []],
];

beforeAll(() => useBackend('native'));

/** [.., m, k] times [.., k, n] by the definition, in double. */
function naive(a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean): number[] {
  const swap = (x: tf.Tensor) =>
    tf.transpose(x, [...x.shape.keys()].slice(0, -2).concat(x.rank - 1, x.rank - 2));
  const [left, right] = [transposeA ? swap(a) : a, transposeB ? swap(b) : b];
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(
    left.shape.slice(0, -2),
    right.shape.slice(0, -2),
  );
  const [m, k, n] = [left.shape.at(-2)!, left.shape.at(-1)!, right.shape.at(-1)!];
  const [x, y] = [
    tf.broadcastTo(left, [...batch, m, k]).dataSync(),
    tf.broadcastTo(right, [...batch, k, n]).dataSync(),
  ];
  const out: number[] = [];
  for (let i = 0; i < tf.util.sizeFromShape(batch); i++) {
    for (let r = 0; r < m; r++) {
      for (let c = 0; c < n; c++) {
        let sum = 0;
        for (let s = 0; s < k; s++) sum += x[i * m * k + r * k + s]! * y[i * k * n + s * n + c]!;
        out.push(sum);
      }
    }
  }
  return out;
}

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) {
    expect(Math.abs(got[i]! - expected[i]!)).toBeLessThanOrEqual(tolerance);
  }
}

describe('BatchMatMul', () => {
  it('equals the definition for any sizes, transpositions and batches', () => {
    const cases = fc.record({
      sizes: fc.tuple(size, size, size),
      batches: fc.constantFrom(...BATCHES),
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
    });
    fc.assert(
      fc.property(
        cases,
        ({ sizes: [m, n, k], batches: [batchA, batchB], transposeA, transposeB }) => {
          tf.tidy(() => {
            const a = tf.randomUniform([...batchA, ...(transposeA ? [k, m] : [m, k])], -1, 1);
            const b = tf.randomUniform([...batchB, ...(transposeB ? [n, k] : [k, n])], -1, 1);
            const got = tf
              .engine()
              .runKernel<tf.Tensor>('BatchMatMul', { a, b }, { transposeA, transposeB });
            // |error| <= k * eps * sum|a||b|, k <= 33, |a|, |b| <= 1
            expectClose(got.dataSync(), naive(a, b, transposeA, transposeB), 33 * 33 * 6e-8);
          });
        },
      ),
      { numRuns: 150 },
    );
  });

  it('refuses inner dimensions that differ', () => {
    expect(() => tf.matMul(tf.zeros([2, 3]), tf.zeros([2, 3]))).toThrow(
      'matMul: b: expected an inner dimension of 3 (a is [2,3], transposeA false), got 2',
    );
  });
});

describe('_FusedMatMul', () => {
  it.each(['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const)(
    'adds the bias and applies %s',
    async (activation) => {
      const run = () =>
        tf.tidy(() => {
          const a = tf.reshape(tf.linspace(-2, 2, 20), [4, 5]) as tf.Tensor2D;
          const b = tf.reshape(tf.linspace(3, -3, 15), [5, 3]) as tf.Tensor2D;
          return tf.fused.matMul({ a, b, bias: tf.tensor1d([1, -2, 3]), activation }).dataSync();
        });
      resetKernelStats();
      const native = run();
      expect(kernelStats().native['_FusedMatMul']).toBe(1);
      await useBackend('cpu');
      expectClose(native, run(), 1e-5);
      await useBackend('native');
    },
  );

  it('leaves prelu to JavaScript', () => {
    resetKernelStats();
    const ones = tf.ones([2, 2]) as tf.Tensor2D;
    const preluActivationWeights = tf.tensor2d([[0.5, 0.25]]);
    const out = tf.fused.matMul({
      a: tf.neg(ones),
      b: ones,
      activation: 'prelu',
      preluActivationWeights,
    });
    expect(Array.from(out.dataSync())).toEqual([-1, -0.5, -1, -0.5]);
    expect(kernelStats().fallback['_FusedMatMul']).toBe(1);
  });
});

describe('Linear', () => {
  it('and its gradients equal the products they stand for', () => {
    tf.tidy(() => {
      const x = tf.randomUniform([2, 9, 17], -1, 1);
      const weight = tf.randomUniform([33, 17], -1, 1);
      const bias = tf.randomUniform([33], -1, 1);
      const dy = tf.randomUniform([2, 9, 33], -1, 1);
      const rows = (t: tf.Tensor) => tf.reshape(t, [18, -1]) as tf.Tensor2D;
      const run = (name: string, inputs: tf.NamedTensorMap) =>
        tf.engine().runKernel<tf.Tensor>(name, inputs).dataSync();
      const y = tf.add(tf.matMul(rows(x), weight as tf.Tensor2D, false, true), bias);
      expectClose(run('Linear', { x, weight, bias }), y.dataSync(), 1e-5);
      const dx = tf.matMul(rows(dy), weight as tf.Tensor2D);
      expectClose(run('LinearGradInput', { dy, weight }), dx.dataSync(), 1e-5);
      const dWeight = tf.matMul(rows(dy), rows(x), true);
      expectClose(run('LinearGradWeight', { dy, x }), dWeight.dataSync(), 1e-5);
      expectClose(run('LinearGradBias', { dy }), tf.sum(rows(dy), 0).dataSync(), 1e-5);
    });
  });
});
