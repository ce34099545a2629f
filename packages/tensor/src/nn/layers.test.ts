import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backends/use-backend.ts';
import { Generator } from '../random/generator.ts';
import { Dropout, Embedding, GELU, LayerNorm, Linear, ReLU, RMSNorm, SiLU } from './index.ts';

beforeAll(() => useBackend('cpu'));

const valuesOf = (t: tf.Tensor) => Array.from(t.dataSync());
const spread = (t: tf.Tensor) => Math.max(...valuesOf(t).map(Math.abs));
const std = (t: tf.Tensor) => Math.sqrt(valuesOf(t).reduce((s, x) => s + x * x, 0) / t.size);

describe('Linear', () => {
  it('multiplies by its weight transposed and adds its bias', () => {
    const layer = new Linear(2, 3, { generator: null });
    layer.weight.assign(
      tf.tensor2d([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    layer.bias!.assign(tf.tensor1d([10, 20, 30]));
    const y = layer.forward(tf.tensor3d([[[1, 1]], [[0, 2]]]));
    expect(y.shape).toEqual([2, 1, 3]);
    expect([...y.dataSync()]).toEqual([13, 27, 41, 14, 28, 42]);
  });

  it('starts uniform within 1/√in, as PyTorch', () => {
    const layer = new Linear(64, 100, { generator: new Generator(1) });
    expect(spread(layer.weight)).toBeLessThanOrEqual(1 / 8);
    expect(spread(layer.weight)).toBeGreaterThan(0.124);
    expect(std(layer.weight)).toBeCloseTo(1 / 8 / Math.sqrt(3), 2);
    expect(spread(layer.bias!)).toBeGreaterThan(0.1);
  });

  it('starts normal with a zero bias where std is given', () => {
    const layer = new Linear(64, 100, { generator: new Generator(1), std: 0.02 });
    expect(std(layer.weight)).toBeCloseTo(0.02, 3);
    expect(spread(layer.bias!)).toBe(0);
  });

  it('has no bias on request', () => {
    const layer = new Linear(2, 3, { generator: null, hasBias: false });
    expect([...layer.namedParameters()].map(([path]) => path)).toEqual(['weight']);
    expect(spread(layer.weight)).toBe(0);
  });
});

describe('Embedding', () => {
  it('looks rows up by id', () => {
    const layer = new Embedding(3, 2, { generator: null });
    layer.weight.assign(
      tf.tensor2d([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
    const y = layer.forward(tf.tensor2d([[2, 0]], [1, 2], 'int32'));
    expect(y.shape).toEqual([1, 2, 2]);
    expect([...y.dataSync()]).toEqual([5, 6, 1, 2]);
  });

  it('starts from N(0, 1) unless told otherwise', () => {
    expect(std(new Embedding(100, 64, { generator: new Generator(1) }).weight)).toBeCloseTo(1, 1);
    const narrow = new Embedding(100, 64, { generator: new Generator(1), std: 0.02 });
    expect(std(narrow.weight)).toBeCloseTo(0.02, 3);
  });
});

describe('norms', () => {
  it('LayerNorm centres and scales each row', () => {
    // (1, 3): mean 2, variance 1 → (−1, 1)
    const [low, high] = new LayerNorm(2, { eps: 0 }).forward(tf.tensor2d([[1, 3]])).dataSync();
    expect([low, high].map((x) => Math.fround(x!))).toEqual([-1, 1]);
  });

  it('RMSNorm divides each row by its root mean square', () => {
    // (1, 7): mean square 25 → (1/5, 7/5)
    const y = new RMSNorm(2, { eps: 0 }).forward(tf.tensor2d([[1, 7]])).dataSync();
    expect(y[0]).toBeCloseTo(0.2, 6);
    expect(y[1]).toBeCloseTo(1.4, 6);
  });
});

describe('Dropout', () => {
  const ones = () => tf.ones([1000]);

  it('drops its share, scales the rest, and differs from call to call', () => {
    const layer = new Dropout(0.25, { generator: new Generator(1) });
    const first = layer.forward(ones()).dataSync();
    const dropped = first.filter((x) => x === 0).length;
    expect(Math.abs(dropped - 250)).toBeLessThan(55); // σ ≈ 13.7
    expect(new Set(first)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(layer.forward(ones()).dataSync()).not.toEqual(first);
  });

  it('is the identity in evaluation and at rate 0', () => {
    const x = ones();
    const layer = new Dropout(0.5, { generator: new Generator(1) });
    layer.eval();
    expect(layer.forward(x)).toBe(x);
    expect(new Dropout(0, { generator: null }).forward(x)).toBe(x);
  });

  it('refuses a rate outside [0, 1) and a missing generator', () => {
    expect(() => new Dropout(1, { generator: null })).toThrow(
      'Dropout: rate: expected a number in [0, 1), got 1.',
    );
    expect(() => new Dropout(0.5, { generator: null })).toThrow(/generator: expected a Generator/);
  });
});

describe('activations', () => {
  it('compute their formulas', () => {
    const x = tf.tensor1d([-1, 2]);
    const values = (y: tf.Tensor) => [...y.dataSync()].map((v) => Number(v.toFixed(4)));
    expect(values(new ReLU().forward(x))).toEqual([0, 2]);
    expect(values(new SiLU().forward(x))).toEqual([-0.2689, 1.7616]);
    expect(values(new GELU().forward(x))).toEqual([-0.1587, 1.9545]); // x·Φ(x)
    expect(values(new GELU('tanh').forward(x))).toEqual([-0.1588, 1.9546]);
  });
});
