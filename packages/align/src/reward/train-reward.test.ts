import { Generator, tf, useBackend } from '@llm/tensor';
import { RewardModel } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateReward } from '../evaluation/evaluate-reward.ts';
import { EOS, tinyModel } from '../tiny-model.test-support.ts';
import { trainReward } from './train-reward.ts';

beforeAll(() => useBackend('cpu'));

/** Answers with token 9 beat answers with token 8, whatever stands around them. */
const all = [2, 3, 4, 7].flatMap((prompt) =>
  [5, 6].map((other) => ({
    promptIds: [prompt],
    chosenIds: [other, 9, EOS],
    rejectedIds: [other, 8, other, EOS],
  })),
);
const [pairs, heldOut] = [all.slice(0, 6), all.slice(6)];

describe('trainReward', () => {
  it('comes to rank training and held-out pairs right', async () => {
    const model = new RewardModel(tinyModel(5), { generator: new Generator(1) });
    const { lastMetrics } = await trainReward({
      ...{ model, examples: pairs, steps: 40, batchSize: 6, learningRate: 0.01 },
      centreCoeff: 0.01,
    });
    const { metrics } = lastMetrics!;
    expect(metrics['accuracy']).toBe(1);
    expect(metrics['margin']).toBeGreaterThan(1);
    expect(metrics['min_reward']!).toBeLessThan(metrics['mean_reward']!);
    expect(metrics['max_reward']!).toBeGreaterThan(metrics['mean_reward']!);
    expect(evaluateReward(model, pairs)).toMatchObject({ accuracy: 1, pairs: 6 });
    expect(evaluateReward(model, heldOut).accuracy).toBe(1);
    model.dispose();
  });

  it('uses margins, and leaks nothing', async () => {
    const model = new RewardModel(tinyModel(5), { generator: new Generator(1) });
    const before = tf.memory().numTensors;
    const loss = async (margin: number) => {
      const examples = pairs.map((pair) => ({ ...pair, margin }));
      const options = { model, examples, steps: 1, batchSize: 6, learningRate: 0 };
      return (await trainReward(options)).lastMetrics!.loss;
    };
    expect(await loss(3)).toBeGreaterThan((await loss(0)) + 1);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});
