import { readFileSync } from 'node:fs';
import { nn, tf, useBackend, type Tensor, type Variable } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { adamw, clipByGlobalNorm, clipScale, globalNormOf, type Optimizer } from '../index.ts';

// torch.optim.AdamW and torch.nn.utils.clip_grad_norm_ (tools/fixtures/optim_adamw.py).
type Values = Record<string, number[]>;
interface Golden {
  options: { b1: number; b2: number; eps: number; weightDecay: number; maxNorm: number };
  initial: Record<string, { shape: number[]; values: number[] }>;
  steps: { learningRate: number; grads: Values; norm: number; clipped: Values; params: Values }[];
}
const url = new URL('../../fixtures/adamw.json', import.meta.url);
const golden = JSON.parse(readFileSync(url, 'utf8')) as Golden;
const names = Object.keys(golden.initial);

beforeAll(() => useBackend('cpu'));

const initialParameters = (): [string, Variable][] =>
  Object.entries(golden.initial).map(([name, { shape, values }]) => [
    name,
    nn.parameter(tf.tensor(values, shape)),
  ]);
const gradsOf = (values: Values): Tensor[] =>
  names.map((name) => tf.tensor(values[name]!, golden.initial[name]!.shape));

/** float32 rounding of ten steps of about ten operations each on numbers below 4: a few 1e-6. */
function expectClose(got: Tensor, expected: readonly number[], tolerance = 5e-6): void {
  const values = [...got.dataSync()];
  expect(values).toHaveLength(expected.length);
  const worst = Math.max(...values.map((value, i) => Math.abs(value - expected[i]!)));
  expect(worst).toBeLessThan(tolerance);
}

function makeOptimizer(parameters: [string, Variable][]): Optimizer {
  const optimizer = adamw({ learningRate: 0.1, ...golden.options });
  optimizer.init(parameters);
  return optimizer;
}

describe('adamw', () => {
  it('makes the ten steps of torch.optim.AdamW, with decay groups and clipping', () => {
    const parameters = initialParameters();
    const optimizer = makeOptimizer(parameters);
    for (const { learningRate, grads, params } of golden.steps) {
      const tensors = gradsOf(grads);
      const gradScale = clipScale(globalNormOf(tensors), golden.options.maxNorm);
      optimizer.step(tensors, { learningRate, gradScale });
      tf.dispose(tensors);
      for (const [name, parameter] of parameters) expectClose(parameter, params[name]!);
    }
    expect(optimizer.count).toBe(10);
  });

  it('goes on from a saved state to the same bits, with memory of its own', () => {
    const run = (optimizer: Optimizer, from: number, to: number) => {
      for (const { grads } of golden.steps.slice(from, to)) optimizer.step(gradsOf(grads));
    };
    const first = initialParameters();
    const before = makeOptimizer(first);
    run(before, 0, 4);
    const second = first.map(([name, p]): [string, Variable] => [name, nn.parameter(tf.mul(p, 1))]);
    const after = makeOptimizer(second);
    after.loadState(before.saveState());
    after.count = before.count;
    run(before, 4, 10); // writes its state in place, which must not reach into the other's
    run(after, 4, 10);
    for (const [i, [, parameter]] of first.entries()) {
      expect(second[i]![1].dataSync()).toEqual(parameter.dataSync());
    }
  });

  it('decays matrices only, unless told otherwise', () => {
    const zeros = gradsOf(
      Object.fromEntries(names.map((n) => [n, golden.initial[n]!.values.map(() => 0)])),
    );
    const change = (decay?: (path: string) => boolean) => {
      const parameters = initialParameters();
      const optimizer = adamw({ learningRate: 0.5, weightDecay: 0.1, ...(decay && { decay }) });
      optimizer.init(parameters);
      optimizer.step(zeros);
      return parameters.map(([name, p]) => p.dataSync()[0]! / golden.initial[name]!.values[0]!);
    };
    const shrunk = 1 - 0.5 * 0.1;
    const rounded = (ratios: number[]) => ratios.map((ratio) => Number(ratio.toFixed(5)));
    expect(rounded(change())).toEqual([shrunk, 1, shrunk]); // weight, bias, embedding
    expect(rounded(change((path) => path === 'bias'))).toEqual([1, shrunk, 1]);
  });

  it('leaves frozen parameters alone', () => {
    const parameters = initialParameters();
    parameters[0]![1].trainable = false;
    const optimizer = makeOptimizer(parameters);
    expect(optimizer.parameters).toEqual([parameters[1]![1], parameters[2]![1]]);
  });

  it('frees its state and leaks nothing in a step', () => {
    const parameters = initialParameters();
    const grads = gradsOf(golden.steps[0]!.grads);
    const before = tf.memory().numTensors;
    const optimizer = makeOptimizer(parameters);
    expect(tf.memory().numTensors).toBe(before + 2 * names.length);
    optimizer.step(grads);
    optimizer.loadState(optimizer.saveState());
    expect(tf.memory().numTensors).toBe(before + 2 * names.length);
    optimizer.dispose();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('says what is wrong', () => {
    expect(() => adamw({ learningRate: -1 })).toThrow(
      'adamw: learningRate: expected a number ≥ 0, got -1.',
    );
    expect(() => adamw({ learningRate: 1, b2: 1 })).toThrow(
      'adamw: b2: expected a number in [0, 1)',
    );
    expect(() => adamw({ learningRate: 1 }).step([])).toThrow('expected init(model) before');
    const optimizer = makeOptimizer(initialParameters());
    expect(() => optimizer.step([])).toThrow('expected one for each of 3 parameters, got 0');
    expect(() => optimizer.loadState(new Map([['mu.x', tf.scalar(1)]]))).toThrow(
      'missing mu.weight, mu.bias, mu.embedding, nu.weight, nu.bias; unexpected mu.x',
    );
    expect(() => optimizer.init(initialParameters())).toThrow('expected to be called once');
  });
});

describe('clipping', () => {
  it('gives the norm and gradients of torch', () => {
    for (const { grads, norm, clipped } of golden.steps) {
      const result = clipByGlobalNorm(gradsOf(grads), golden.options.maxNorm);
      expect(Math.abs(result.norm - norm) / norm).toBeLessThan(1e-6);
      names.forEach((name, i) => expectClose(result.grads[i]!, clipped[name]!, 1e-6));
    }
  });

  it('leaves small gradients as they are and survives a zero norm', () => {
    expect(clipScale(0.5, 1)).toBe(1);
    expect(clipScale(0, 1)).toBe(1);
    expect(clipScale(4, 1)).toBeCloseTo(1 / 4, 6);
  });
});
