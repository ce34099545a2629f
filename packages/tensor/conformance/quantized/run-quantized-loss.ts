// linearCrossEntropy with a frozen weight, on one backend: the loss and the gradient of the dequantised one, in
// chunks as in one piece.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  linearCrossEntropy,
  QuantizedWeight,
  scope,
  tf,
  useBackend,
  valueAndGrads,
  type BackendName,
  type Tensor,
} from '../../src/index.ts';
import { hashed } from '../fused/hashed.ts';

const [N, C, V] = [6, 32, 41];
type Options = Parameters<typeof linearCrossEntropy>[3];

/** Loss and gradient of 3 · loss, so that a gradient other than 1 comes in. */
function outcome(weight: Tensor | QuantizedWeight, labels: Tensor, options: Options): number[] {
  const hidden = tf.variable(
    tf.tensor3d(hashed(labels.size * C, 3, 1), [...labels.shape, C] as never),
  );
  const { value, grads } = valueAndGrads(() => {
    const loss = linearCrossEntropy(hidden, weight, labels, options);
    return tf.mul(3, options?.reduction === 'none' ? tf.sum(loss) : loss);
  }, [hidden]);
  const numbers = [value, ...grads].flatMap((tensor) => Array.from(tensor.dataSync()));
  tf.dispose([hidden, value, ...grads]);
  return numbers;
}

function expectNear(actual: readonly number[], expected: readonly number[]): void {
  // sums of at most 41 terms below 4, then of 6 losses, in another order
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!)).toBeLessThan(5e-6 * Math.max(1, Math.abs(expected[i]!)));
  });
  expect(actual.length).toBe(expected.length);
}

export function runQuantizedLoss(backend: BackendName): void {
  describe(`linearCrossEntropy with a frozen weight on ${backend}`, () => {
    beforeAll(() => useBackend(backend));

    const withWeight = (body: (weight: QuantizedWeight, dense: Tensor) => void): void =>
      scope(() => {
        using weight = QuantizedWeight.from(tf.tensor2d(hashed(V * C, 4, 1), [V, C]), 'BF16');
        body(weight, weight.dequantize());
      });
    const someIgnored = [3, -100, 40, 0, -100, 7];

    it.each(['mean', 'sum', 'none'] as const)(
      'gives the %s of the dequantised weight',
      (reduction) => {
        withWeight((weight, dense) => {
          for (const ids of [someIgnored, [3, 9, 40, 0, 1, 7]]) {
            const labels = tf.tensor2d(ids, [2, 3], 'int32');
            const options = { reduction, labelSmoothing: 0.1 };
            const numbers = outcome(weight, labels, options);
            expectNear(numbers, outcome(dense, labels, options));
            expect(new Set(numbers).size).toBeGreaterThan(2 * C);
          }
        });
      },
    );

    it('gives zeros and NaN where every label is ignored', () => {
      withWeight((weight) => {
        const labels = tf.fill([2, 3], -100, 'int32');
        expect(outcome(weight, labels, { reduction: 'sum' })).toEqual(Array(1 + N * C).fill(0));
        expect(outcome(weight, labels, {})[0]).toBeNaN();
      });
    });

    // 300 × 65,537 logits: too slow for the composites of the other backends
    it.runIf(backend === 'native')('is the same in several chunks', () => {
      scope(() => {
        const [rows, width, classes] = [300, 4, 65_537]; // chunks of 128 rows
        const matrix = tf.tensor2d(hashed(classes * width, 4, 1), [classes, width]);
        using weight = QuantizedWeight.from(matrix, 'BF16');
        const labels = tf.tensor1d(
          Int32Array.from({ length: rows }, (_, i) => i * 217),
          'int32',
        );
        const lossOf = (first: number, count: number) =>
          linearCrossEntropy(
            tf.slice(tf.tensor2d(hashed(rows * width, 3, 1), [rows, width]), first, count),
            weight,
            tf.slice(labels, first, count),
            { reduction: 'sum' },
          ).dataSync()[0]!;
        expect(lossOf(0, 300) / (lossOf(0, 100) + lossOf(100, 200))).toBeCloseTo(1, 5);
      });
    });

    it('says what is wrong, and leaves nothing behind', () => {
      const before = tf.memory().numTensors;
      withWeight((weight) => {
        const labels = (...ids: number[]) => tf.tensor1d(ids, 'int32');
        expect(() => linearCrossEntropy(tf.ones([2, 5]), weight, labels(1, 2))).toThrow(
          'linearCrossEntropy: hidden: expected [.., C] = [2, 32], got [2, 5]',
        );
        expect(() => linearCrossEntropy(tf.ones([2, C]), weight, labels(1, 41))).toThrow(
          'crossEntropy: labels: expected 0 to 40 or -100, got 41 at index 1',
        );
        expect(() =>
          linearCrossEntropy(tf.ones([1, C]), weight, labels(1), { labelSmoothing: 2 }),
        ).toThrow('linearCrossEntropy: labelSmoothing: expected a number from 0 to 1, got 2');
        outcome(weight, tf.tensor2d(someIgnored, [2, 3], 'int32'), {});
      });
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
