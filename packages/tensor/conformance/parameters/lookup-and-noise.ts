// Lookup and its gradient, dropout, and random numbers.
import { expect } from 'vitest';
import {
  dropout,
  embedding,
  Generator,
  kernelStats,
  resetKernelStats,
  ShapeError,
  tf,
  valueAndGrads,
} from '../../src/index.ts';
import { normalQuantile } from '../../src/random/normal-quantile.ts';
import { philoxWords } from '../../src/random/philox.ts';
import { scopedTest, valuesOf } from './scoped-test.ts';

function tableOf(V: number, C: number): tf.Variable {
  return tf.variable(tf.reshape(tf.range(0, V * C), [V, C]));
}

export function embeddingSuite(): void {
  scopedTest('takes rows by id, for ids of any rank', () => {
    const table = tf.tensor2d([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(valuesOf(embedding(table, tf.scalar(1, 'int32')))).toEqual([4, 5, 6]);
    const y = embedding(table, tf.tensor3d([[[1], [0]]], [1, 2, 1], 'int32'));
    expect(y.shape).toEqual([1, 2, 1, 3]);
    expect(valuesOf(y)).toEqual([4, 5, 6, 1, 2, 3]);
    expect(embedding(table, tf.zeros([0, 4], 'int32')).shape).toEqual([0, 4, 3]);
  });

  scopedTest('adds the gradients of a repeated id, for every width', () => {
    for (const C of [1, 3, 16, 17, 130, 300]) {
      const table = tableOf(5, C);
      const ids = tf.tensor1d([3, 0, 3, 3, 4], 'int32');
      const dy = new Generator(C).normal([5, C]);
      const { grads, value } = valueAndGrads(
        () => tf.sum(tf.mul(embedding(table, ids), dy)),
        [table],
      );
      const rows = dy.dataSync();
      const expected = new Float32Array(5 * C);
      [3, 0, 3, 3, 4].forEach((id, i) => {
        for (let c = 0; c < C; c++) expected[id * C + c]! += rows[i * C + c]!;
      });
      expect(valuesOf(grads[0]!)).toEqual([...expected]);
      tf.dispose([table, value, ...grads]);
    }
  });

  scopedTest('names an id outside the table', () => {
    const table = tf.zeros([5, 2]);
    for (const id of [5, -1, 2147483647]) {
      const lookUp = () => embedding(table, tf.tensor1d([0, id], 'int32'));
      expect(lookUp).toThrow(/ids from 0 to 4, got /);
      expect(lookUp).toThrow(`${id}`);
    }
  });

  scopedTest('refuses ids that are no int32', () => {
    expect(() => embedding(tf.zeros([2, 2]), tf.zeros([2]))).toThrow(ShapeError);
  });
}

export function dropoutSuite(): void {
  const rate = 0.3;
  const scale = Math.fround(1 / (1 - rate));
  /** The definition: element i is kept where word i of stream 1 reaches the threshold. */
  const expected = (x: ArrayLike<number>, seed: number) =>
    Array.from(philoxWords(seed, 0, x.length, 1), (word, i) =>
      word < Math.ceil(rate * 2 ** 32) ? 0 : Math.fround(x[i]! * scale),
    );

  scopedTest('keeps the same elements everywhere, for every length', () => {
    for (const size of [0, 1, 3, 4, 5, 63, 64, 65, 1000, 70_001]) {
      const x = new Generator(size).normal([size]);
      expect(valuesOf(dropout(x, rate, 2 ** 40 + 7))).toEqual(expected(x.dataSync(), 2 ** 40 + 7));
    }
  });

  scopedTest('has the gradient of the elements it kept', () => {
    const x = tf.variable(tf.ones([2, 100]));
    const { value, grads } = valueAndGrads(() => tf.sum(tf.mul(dropout(x, rate, 5), 2)), [x]);
    expect(valuesOf(grads[0]!)).toEqual(expected(new Array(200).fill(2), 5));
    tf.dispose([x, value, ...grads]);
  });

  scopedTest('keeps everything at rate 0 and drops infinities and NaN', () => {
    const x = tf.tensor1d([1, NaN, Infinity, -2]);
    expect(valuesOf(dropout(x, 0, 1))).toEqual([1, NaN, Infinity, -2]);
    const dropped = valuesOf(dropout(tf.fill([1000], NaN), 0.5, 1)).filter((y) => y === 0);
    expect(dropped.length).toBeGreaterThan(400);
  });

  scopedTest('refuses a rate or seed out of range', () => {
    const x = tf.ones([2]);
    expect(() => dropout(x, 1, 0)).toThrow('dropout: rate: expected a number in [0, 1), got 1.');
    expect(() => dropout(x, 0.5, -1)).toThrow(/^dropout: seed: expected an integer/);
  });
}

export function generatorSuite(): void {
  const SIZES = [0, 1, 2, 5, 64, 67, 70_001];
  const seed = 2 ** 45 + 3;
  const bits = (values: ArrayLike<number>) => new Uint32Array(Float32Array.from(values).buffer);

  scopedTest('draws the same uniform bits as the definition', () => {
    for (const size of SIZES) {
      const words = philoxWords(seed, 0, size);
      const expected = Float32Array.from(words, (word) => -1 + (word >>> 8) * 2 ** -24 * 3);
      expect(bits(valuesOf(new Generator(seed).uniform([size], -1, 2)))).toEqual(bits(expected));
    }
  });

  scopedTest('draws the same normal bits as the definition, from any position', () => {
    for (const size of SIZES) {
      const generator = new Generator(seed);
      generator.setState({ seed, counter: 2 ** 33 - 3 });
      const words = philoxWords(seed, 2 ** 33 - 3, size);
      const expected = Float32Array.from(
        words,
        (word) => 0.5 + normalQuantile((word + 0.5) * 2 ** -32) * 0.02,
      );
      expect(bits(valuesOf(generator.normal([size], 0.5, 0.02)))).toEqual(bits(expected));
      expect(generator.getState().counter).toBe(2 ** 33 - 3 + Math.ceil(size / 4));
    }
  });

  scopedTest('draws the same truncated normal bits as the definition', () => {
    const tail = 0.02275013194817921; // Φ(−2)
    const words = philoxWords(9, 0, 5000);
    const expected = Float32Array.from(
      words,
      (word) => normalQuantile(tail + (word + 0.5) * 2 ** -32 * (1 - 2 * tail)) * 2,
    );
    const drawn = valuesOf(new Generator(9).truncatedNormal([50, 100], 0, 2));
    expect(bits(drawn)).toEqual(bits(expected));
  });
}

export function sharedGradientSuite(): void {
  scopedTest('adds the gradients of a tied table', () => {
    const table = tableOf(4, 3);
    const ids = tf.tensor1d([1, 1, 3], 'int32');
    const tied = () =>
      tf.sum(tf.matMul(embedding(table, ids) as tf.Tensor2D, table as tf.Tensor2D, false, true));
    resetKernelStats();
    const { value, grads } = valueAndGrads(tied, [table]);
    // Into the output layer's gradient, without a second array of the table's size.
    if (tf.getBackend() === 'native')
      expect(kernelStats().native).not.toHaveProperty('EmbeddingGrad');
    // d/dW Σ (Wi)·W: each row gets Σ of the looked-up rows; each looked-up row gets Σ of all rows.
    const rows = [
      [0, 1, 2],
      [3, 4, 5],
      [6, 7, 8],
      [9, 10, 11],
    ];
    const looked = [0, 1, 2].map((c) => rows[1]![c]! * 2 + rows[3]![c]!);
    const all = [0, 1, 2].map((c) => rows.reduce((sum, row) => sum + row[c]!, 0));
    const counts = [0, 2, 0, 1];
    const expected = rows.flatMap((_, r) => looked.map((x, c) => x + counts[r]! * all[c]!));
    expect(valuesOf(grads[0]!)).toEqual(expected);
    expect(valuesOf(table)).toEqual(rows.flat());
    tf.dispose([table, ids, value, ...grads]);
  });

  scopedTest('never adds into memory that something else shares', () => {
    const a = tf.variable(tf.tensor1d([1, 2]));
    // tf.add passes dy on by reshape: three gradients of one buffer.
    const { value, grads } = valueAndGrads(() => tf.sum(tf.add(tf.add(a, a), tf.add(a, a))), [a]);
    expect(valuesOf(grads[0]!)).toEqual([4, 4]);
    tf.dispose([a, value, ...grads]);
  });
}
