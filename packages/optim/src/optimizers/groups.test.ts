import { nn, tf, useBackend, type Variable } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adamw,
  averaged,
  lion,
  loraPlusGroups,
  muon,
  orthogonalized,
  scheduleFreeAdamw,
  sgd,
  type Optimizer,
} from '../index.ts';

beforeAll(() => useBackend('cpu'));

const named = (shapes: Record<string, number[]>): [string, Variable][] =>
  Object.entries(shapes).map(([path, shape]) => [path, nn.parameter(tf.ones(shape))]);

/** How far each parameter moves in one step on gradients of 1. */
function moves(optimizer: Optimizer, parameters: [string, Variable][]): Record<string, number> {
  optimizer.init(parameters);
  optimizer.step(parameters.map(([, p]) => tf.ones(p.shape)));
  return Object.fromEntries(
    parameters.map(([path, p]) => [path, Number((1 - p.dataSync()[0]!).toFixed(6))]),
  );
}

describe('parameter groups', () => {
  const shapes = { 'a.loraA': [2, 2], 'a.loraB': [2, 2], bias: [2] };

  it('scale the rate and replace the decay of what they match; the first match counts', () => {
    const groups = [
      { match: /loraB$/, learningRateScale: 2, weightDecay: 0 },
      { match: (path: string) => path.startsWith('a.'), learningRateScale: 3 },
    ];
    // lr·(g + λ·p) with lr = 0.1, λ = 0.5 for matrices
    const optimizer = sgd({ learningRate: 0.1, weightDecay: 0.5, groups });
    expect(moves(optimizer, named(shapes))).toEqual({ 'a.loraA': 0.45, 'a.loraB': 0.2, bias: 0.1 });
  });

  it('of LoRA+ make B learn faster than A, in fused steps, too', () => {
    const groups = loraPlusGroups(16);
    const expected = { 'a.loraA': 0.01, 'a.loraB': 0.16, bias: 0.01 };
    for (const make of [adamw, lion]) {
      const optimizer = make({ learningRate: 0.01, weightDecay: 0, groups });
      expect(moves(optimizer, named(shapes))).toEqual(expected);
    }
  });

  it('are refused when they cannot work', () => {
    const make = (group: object) => () => sgd({ learningRate: 1, groups: [group as never] });
    expect(make({ match: /x/, learningRateScale: -1 })).toThrow(
      'sgd: groups[0].learningRateScale: expected a number ≥ 0, got -1.',
    );
    expect(make({ match: /x/g })).toThrow('expected a pattern without the flags g and y');
  });
});

describe('muon', () => {
  it('takes hidden matrices and leaves the rest to AdamW, whose rate a schedule scales alike', () => {
    const parameters = named({ 'embedTokens.weight': [3, 3], 'q.weight': [2, 2], norm: [2] });
    const optimizer = muon({ learningRate: 0.02, adamw: { learningRate: 0.1, weightDecay: 0 } });
    optimizer.init(parameters);
    expect([...optimizer.saveState().keys()]).toEqual([
      'momentum.q.weight',
      'mu.embedTokens.weight',
      'mu.norm',
      'nu.embedTokens.weight',
      'nu.norm',
    ]);
    const grads = parameters.map(([, p]) => tf.ones(p.shape));
    optimizer.step(grads, { learningRate: 0.01 }); // half the rate for both
    const [embedding, , norm] = parameters.map(([, p]) => p.dataSync()[0]!);
    expect(embedding).toBeCloseTo(0.95, 6);
    expect(norm).toBeCloseTo(0.95, 6);
    expect(() => optimizer.loadState(new Map([['mu.x', tf.scalar(1)]]))).toThrow('unexpected mu.x');
    expect(() => muon({ learningRate: 1, nsSteps: 0 })).toThrow('nsSteps: expected an integer');
  });

  it('is told of a parameter that is no matrix', () => {
    const optimizer = muon({ learningRate: 1, isHidden: () => true });
    expect(() => optimizer.init(named({ bias: [2] }))).toThrow('expected a matrix, got [2]');
  });

  it('makes singular values about 1', () => {
    // Of diag(3, 0.5): with the coefficients' fixed iterations they end between 0.68 and 1.13.
    const y = orthogonalized(tf.tensor2d([3, 0, 0, 0.5, 0, 0], [3, 2]), 5).dataSync();
    for (const value of [y[0]!, y[3]!]) expect(Math.abs(value - 0.9)).toBeLessThan(0.25);
    expect([y[1], y[2], y[4], y[5]]).toEqual([0, 0, 0, 0]);
  });
});

describe('errors', () => {
  it('name the optimizer, the option and what it should be', () => {
    expect(() => sgd({ learningRate: 1, nesterov: true })).toThrow(
      'sgd: nesterov: expected momentum',
    );
    expect(() => lion({ learningRate: 1, b2: 1 })).toThrow('lion: b2: expected a number in [0, 1)');
    expect(() => scheduleFreeAdamw({ learningRate: 1, b1: 0 })).toThrow(
      'b1: expected a number in (0, 1)',
    );
    const inner = scheduleFreeAdamw({ learningRate: 1 });
    expect(() => averaged(inner)).toThrow('expected one without averages of its own');
    const start = 0;
    expect(() => averaged(sgd({ learningRate: 1 }), { start })).toThrow(
      'start: expected a positive',
    );
    const optimizer = sgd({ learningRate: 1 });
    optimizer.init(named({ w: [2] }));
    expect(() => optimizer.step([tf.ones([3])])).toThrow(
      'sgd: grads[0]: expected [2] as w, got [3].',
    );
  });
});
