// What every backend must do with quantised weights: the same as dequantising and multiplying in float32; and,
// where x is rounded to 8 bits, no further from that than the rounding allows.
import { beforeAll, describe, expect, it } from 'vitest';
import {
  isQuantizedType,
  linear,
  quantizedEmbedding,
  quantizedLinear,
  QuantizedWeight,
  scope,
  tf,
  useBackend,
  valueAndGrads,
  type BackendName,
  type BackendOptions,
  type QuantizedType,
} from '../../src/index.ts';
import { BLOCK_TYPES } from '../../src/io/blocks/block-type.ts';
import { CODECS } from '../../src/io/blocks/codecs.ts';
import { hashed } from '../fused/hashed.ts';
import { randomBlocks } from './random-blocks.ts';

const TYPES = BLOCK_TYPES.filter((type): type is QuantizedType => isQuantizedType(type));
const GROUP = 32; // values of x that are rounded by one scale
// Sums of 512 products in another order: √512 · 2⁻²⁴ of the sum of their sizes, and a few times that.
const SUM_ERROR = 1e-5;
const COLUMNS = 512;

interface Example {
  readonly weight: QuantizedWeight;
  readonly floats: Float32Array;
  readonly dense: tf.Tensor2D;
}

export function runQuantized(backend: BackendName, options: BackendOptions = {}): void {
  describe.each(TYPES)(`%s weights on ${backend} ${options.instructionSet ?? ''}`, (type) => {
    beforeAll(() => useBackend(backend, options));

    /** 53 rows: three panels of 16 and a part of one. */
    const withExample = (body: (example: Example) => void): void =>
      scope(() => {
        const blocks = randomBlocks(type, 53, COLUMNS);
        const floats = CODECS[type].decode(blocks);
        using weight = new QuantizedWeight(type, [53, COLUMNS], blocks);
        body({ weight, floats, dense: tf.tensor2d(floats, [53, COLUMNS]) });
      });

    it('dequantises to the same bits', () => {
      withExample(({ weight, floats }) => expect(weight.dequantize().dataSync()).toEqual(floats));
    });

    it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 17])('multiplies %i rows', (rows) => {
      withExample(({ weight, dense, floats }) => {
        const x = tf.tensor2d(hashed(rows * COLUMNS, 5, 1), [rows, COLUMNS]);
        const bias = tf.tensor1d(hashed(53, 6, 1));
        const expected = linear(x, dense, bias).dataSync();
        const sizes = linear(tf.abs(x), tf.abs(dense)).dataSync();
        const exact = quantizedLinear(x, weight, bias, { activations: 'float32' }).dataSync();
        const rounded = quantizedLinear(x, weight, bias).dataSync();
        const allowed = roundingBound(x.dataSync(), floats, rows);
        for (const [i, value] of expected.entries()) {
          const sumError = SUM_ERROR * (sizes[i]! + 1);
          expect(Math.abs(exact[i]! - value)).toBeLessThanOrEqual(sumError);
          expect(Math.abs(rounded[i]! - value)).toBeLessThanOrEqual(allowed[i]! + sumError);
        }
      });
    });

    it('gives a row of x the same bits alone and among others', () => {
      withExample(({ weight }) => {
        const x = tf.tensor2d(hashed(11 * COLUMNS, 5, 1), [11, COLUMNS]);
        const all = quantizedLinear(x, weight).dataSync();
        for (const row of [0, 7, 8, 10]) {
          const one = quantizedLinear(tf.slice(x, [row, 0], [1, COLUMNS]), weight).dataSync();
          const isHalf = type === 'F16' || type === 'BF16'; // a product of many rows is another kernel
          if (!isHalf && backend === 'native')
            expect(one).toEqual(all.slice(row * 53, (row + 1) * 53));
        }
      });
    });

    it('keeps leading axes and spreads a NaN over its row only', () => {
      withExample(({ weight }) => {
        const values = hashed(2 * 3 * COLUMNS, 5, 1);
        values[COLUMNS + 40] = NaN;
        const y = quantizedLinear(tf.tensor3d(values, [2, 3, COLUMNS]), weight);
        expect(y.shape).toEqual([2, 3, 53]);
        const isNan = Array.from(y.dataSync(), Number.isNaN);
        expect(isNan).toEqual(isNan.map((_, i) => Math.floor(i / 53) === 1));
      });
    });

    it('gives x and the bias the gradients of the float32 product', () => {
      withExample(({ weight, dense }) => {
        const x = tf.variable(tf.tensor2d(hashed(3 * COLUMNS, 5, 1), [3, COLUMNS]));
        const bias = tf.variable(tf.tensor1d(hashed(53, 6, 1)));
        const scale = tf.tensor2d(hashed(3 * 53, 8, 1), [3, 53]);
        const gradients = (product: () => tf.Tensor): Float32Array[] => {
          const { grads } = valueAndGrads(() => tf.sum(tf.mul(product(), scale)), [x, bias]);
          return grads.map((gradient) => gradient.dataSync() as Float32Array);
        };
        const got = gradients(() => quantizedLinear(x, weight, bias));
        const expected = gradients(() => linear(x, dense, bias));
        for (const [i, values] of expected.entries()) {
          for (const [j, value] of values.entries()) expect(got[i]![j]).toBeCloseTo(value, 4);
        }
        tf.dispose([x, bias]);
      });
    });

    it('looks rows up', () => {
      withExample(({ weight, floats }) => {
        const rows = quantizedEmbedding(weight, tf.tensor2d([[3, 52]], [1, 2], 'int32'));
        expect(rows.shape).toEqual([1, 2, COLUMNS]);
        const row = (i: number): Float32Array => floats.slice(i * COLUMNS, (i + 1) * COLUMNS);
        expect(rows.dataSync()).toEqual(Float32Array.of(...row(3), ...row(52)));
        const wrong = tf.tensor1d([0, 53], 'int32');
        expect(() => quantizedEmbedding(weight, wrong)).toThrow(
          'embedding: ids: expected ids from 0 to 52, got 53 at 1',
        );
      });
    });

    it('leaves nothing behind', () => {
      const before = tf.memory().numTensors;
      withExample(({ weight }) => void quantizedLinear(tf.ones([2, COLUMNS]), weight));
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  describe(`quantised weights on ${backend}, called wrongly`, () => {
    beforeAll(() => useBackend(backend, options));

    it('need whole blocks', () => {
      expect(() => new QuantizedWeight('Q4_0', [2, 48], new Uint8Array(54))).toThrow(
        'QuantizedWeight: blocks: expected 54 bytes in rows of whole Q4_0 blocks for [2, 48], got 54',
      );
      expect(() => new QuantizedWeight('Q4_0', [2, 64], new Uint8Array(71))).toThrow('got 71');
    });

    it('need x of their width', () => {
      scope(() => {
        using weight = new QuantizedWeight('Q8_0', [1, 32], new Uint8Array(34));
        expect(() => quantizedLinear(tf.ones([2, 31]), weight)).toThrow(
          'quantizedLinear: x: expected [.., I] = [2, 32], got [2, 31]',
        );
      });
    });
  });
}

/** |error| of each product when every x is off by at most its group's largest |x| / 254. */
function roundingBound(x: ArrayLike<number>, weight: Float32Array, rows: number): Float64Array {
  const bound = new Float64Array(rows * 53);
  for (let row = 0; row < rows; row++) {
    for (let group = 0; group < COLUMNS; group += GROUP) {
      let most = 0;
      for (let i = group; i < group + GROUP; i++)
        most = Math.max(most, Math.abs(x[row * COLUMNS + i]!));
      for (let o = 0; o < 53; o++) {
        let size = 0;
        for (let i = group; i < group + GROUP; i++) size += Math.abs(weight[o * COLUMNS + i]!);
        bound[row * 53 + o]! += (most / 254) * size * 1.001;
      }
    }
  }
  return bound;
}
