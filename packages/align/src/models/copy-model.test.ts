import { Generator, tf, useBackend } from '@llm/tensor';
import { RewardModel } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, take } from '../checks.test-support.ts';
import { tinyModel } from '../tiny-model.test-support.ts';
import { frozenCopy, valueModelFrom } from './copy-model.ts';
import { inEvalMode } from './in-eval-mode.ts';

beforeAll(() => useBackend('cpu'));

const ids = () => tf.tensor2d([[2, 3, 4]], undefined, 'int32');

describe('frozenCopy', () => {
  it('computes the same, trains nothing, and stays when the original changes', () => {
    const model = tinyModel(1).eval();
    const copy = frozenCopy(model);
    const before = take(model.forward(ids()));
    for (const parameter of model.parameters()) parameter.assign(tf.zerosLike(parameter));
    expectClose(copy.forward(ids()), before, 1e-6);
    expect(copy.trainableParameters()).toEqual([]);
    expect(model.trainableParameters().length).toBeGreaterThan(0);
    model.dispose();
    expectClose(copy.forward(ids()), before, 1e-6);
    copy.dispose();
  });
});

describe('valueModelFrom', () => {
  it("gives at the last token the reward model's score", () => {
    const reward = new RewardModel(tinyModel(2).eval(), { generator: new Generator(3) }).eval();
    const value = valueModelFrom(reward).eval();
    expect(take(value.forward(ids()))[2]).toBeCloseTo(take(reward.forward(ids()))[0]!, 5);
    expect(value.score).not.toBe(reward.score);
    reward.dispose();
    value.dispose();
  });
});

describe('inEvalMode', () => {
  it('puts the mode back after a value, a promise and a throw', async () => {
    const model = tinyModel(1);
    expect(inEvalMode(model, () => model.training)).toBe(false);
    expect(model.training).toBe(true);
    const later = inEvalMode(model, async () => Promise.resolve(model.training));
    expect(model.training).toBe(false);
    expect(await later).toBe(false);
    expect(model.training).toBe(true);
    expect(() =>
      inEvalMode(model, () => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(model.training).toBe(true);
    model.dispose();
  });
});
