// What every backend must do with 8-bit integers: exactly what the definition, in plain integers, says.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  int8Linear,
  quantizeInt8,
  scope,
  tf,
  useBackend,
  valueAndGrads,
  type BackendName,
  type BackendOptions,
} from '../../src/index.ts';
import { hashed } from '../fused/hashed.ts';

interface Sizes {
  readonly rows: number;
  readonly outputs: number;
  readonly columns: number;
}

export function runInt8(backend: BackendName, options: BackendOptions = {}): void {
  describe(`int8Linear on ${backend} ${options.instructionSet ?? ''}`, () => {
    beforeAll(() => useBackend(backend, options));

    it.each([
      { rows: 1, outputs: 1, columns: 1 },
      { rows: 1, outputs: 53, columns: 64 },
      { rows: 4, outputs: 33, columns: 65 },
      { rows: 5, outputs: 53, columns: 512 },
      { rows: 9, outputs: 31, columns: 2100 },
    ])('is exact for $rows rows, $outputs outputs, $columns columns', (sizes) => {
      const { rows, outputs, columns } = sizes;
      const [x, w] = [hashed(rows * columns, 5, 1), hashed(outputs * columns, 6, 1)];
      const bias = hashed(outputs, 7, 1);
      scope(() => {
        using weight = quantizeInt8(tf.tensor2d(w, [outputs, columns]));
        const y = int8Linear(tf.tensor2d(x, [rows, columns]), weight, tf.tensor1d(bias));
        expect(y.shape).toEqual([rows, outputs]);
        expect(y.dataSync()).toEqual(definition(x, w, bias, sizes));
        const near = weight.dequantize().dataSync();
        const most = Math.max(...w.map(Math.abs));
        const worst = Math.max(...w.map((value, i) => Math.abs(near[i]! - value)));
        expect(worst).toBeLessThanOrEqual((most / 254) * 1.001);
      });
    });

    it('takes leading axes, zeros and no bias; marks a row that is not finite', () => {
      scope(() => {
        using weight = quantizeInt8(tf.tensor2d([1, -2, 0, 0], [2, 2]));
        // Row 1 is (127, 64), as 63.5 goes to the even 64, and so the weight's row (64, −127): 0.
        const x = tf.tensor3d([0, 0, 2, 1, NaN, 1, Infinity, 0], [2, 2, 2]);
        const y = int8Linear(x, weight);
        expect(y.shape).toEqual([2, 2, 2]);
        expect([...y.dataSync()]).toEqual([0, 0, 0, 0, NaN, NaN, NaN, NaN]);
      });
    });

    it('has the gradients of the float32 product', () => {
      scope(() => {
        const w = tf.tensor2d(hashed(6 * 10, 6, 1), [6, 10]);
        using weight = quantizeInt8(w);
        const x = tf.variable(tf.tensor2d(hashed(3 * 10, 5, 1), [3, 10]));
        const bias = tf.variable(tf.zeros([6]) as tf.Tensor1D);
        const { grads } = valueAndGrads(() => tf.sum(int8Linear(x, weight, bias)), [x, bias]);
        const expected = tf.matMul(tf.ones([3, 6]), weight.dequantize() as tf.Tensor2D);
        const difference = tf.max(tf.abs(tf.sub(grads[0]!, expected))).dataSync()[0]!;
        expect(difference).toBeLessThan(1e-5);
        expect([...grads[1]!.dataSync()]).toEqual([3, 3, 3, 3, 3, 3]);
        x.dispose();
        bias.dispose();
      });
    });

    it('leaves nothing behind', () => {
      const before = tf.memory().numTensors;
      scope(() => {
        using weight = quantizeInt8(tf.ones([3, 7]));
        int8Linear(tf.ones([2, 7]), weight);
      });
      expect(tf.memory().numTensors).toBe(before);
    });

    it('refuses what does not fit', () => {
      scope(() => {
        expect(() => quantizeInt8(tf.ones([4]))).toThrow(
          'quantizeInt8: weight: expected [O, I], got [4]',
        );
        using weight = quantizeInt8(tf.ones([3, 7]));
        expect(() => int8Linear(tf.ones([2, 6]), weight)).toThrow(
          'int8Linear: x: expected [.., I] = [2, 7], got [2, 6]',
        );
        expect(() => int8Linear(tf.ones([2, 7]), weight, tf.ones([4]))).toThrow(
          'int8Linear: bias: expected [O] = [3], got [4]',
        );
      });
    });
  });
}

/** Rounded to the nearest, ties to even, one row after the other; sums of integers. */
function definition(
  x: Float32Array,
  w: Float32Array,
  bias: Float32Array,
  { rows, outputs, columns }: Sizes,
): Float32Array {
  const left = Array.from({ length: rows }, (_, i) => rounded(x, i, columns));
  const right = Array.from({ length: outputs }, (_, i) => rounded(w, i, columns));
  return Float32Array.from({ length: rows * outputs }, (_, i) => {
    const [a, b] = [left[Math.floor(i / outputs)]!, right[i % outputs]!];
    const sum = a.q.reduce((total, value, k) => total + value * b.q[k]!, 0);
    const scaled = Math.fround(Math.fround(sum) * Math.fround(a.scale * b.scale));
    return scaled + bias[i % outputs]!;
  });
}

function rounded(
  values: Float32Array,
  index: number,
  columns: number,
): { q: number[]; scale: number } {
  const row = values.subarray(index * columns, (index + 1) * columns);
  const largest = Math.max(...row.map(Math.abs));
  const inverse = Math.fround(127 / largest);
  const q = Array.from(row, (value) => {
    const exact = Math.fround(value * inverse);
    const below = Math.floor(exact);
    if (exact - below !== 0.5) return Math.round(exact);
    return below % 2 === 0 ? below : below + 1;
  });
  return { q, scale: Math.fround(largest / 127) };
}
