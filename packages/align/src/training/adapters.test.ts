// Trainers on a model with LoRA: only the adapter changes, and its base is the reference, so no second model is kept.
import { addLora, disableAdapters } from '@llm/peft';
import { Generator, tf, useBackend } from '@llm/tensor';
import { ValueModel } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateDpo } from '../evaluation/evaluate-dpo.ts';
import { frozenCopy } from '../models/copy-model.ts';
import { trainDpo } from '../dpo/train-dpo.ts';
import { trainPpo } from '../ppo/train-ppo.ts';
import { trainSft } from '../sft/train-sft.ts';
import { EOS, tinyModel } from '../tiny-model.test-support.ts';

beforeAll(() => useBackend('cpu'));

function adapted() {
  const model = tinyModel(5);
  const base = frozenCopy(model);
  addLora(model, { rank: 4, alpha: 8, targetModules: ['c_attn', 'c_proj', 'c_fc'] });
  const withoutAdapter = <T>(fn: () => T): T => disableAdapters(model, fn);
  const logits = () => {
    model.eval();
    return withoutAdapter(() =>
      model.forward(tf.tensor2d([[2, 3, 4]], undefined, 'int32')).dataSync(),
    );
  };
  return { model, base, withoutAdapter, logits };
}

const pairs = [2, 3, 4, 5].map((prompt) => ({
  promptIds: [prompt, 7],
  chosenIds: [9, EOS],
  rejectedIds: [8, 8, EOS],
}));

describe('an adapter', () => {
  it('is trained by DPO against its own base', async () => {
    const { model, base, withoutAdapter, logits } = adapted();
    const before = logits();
    const losses: number[] = [];
    await trainDpo({
      ...{ model, examples: pairs, steps: 20, batchSize: 4, learningRate: 0.02 },
      reference: withoutAdapter,
      onStep: ({ loss }) => void losses.push(loss),
    });
    expect(losses[0]).toBeCloseTo(Math.LN2, 5); // a new adapter changes nothing yet
    expect(losses.at(-1)).toBeLessThan(0.4);
    expect(logits()).toEqual(before);
    const switched = evaluateDpo(model, withoutAdapter, pairs);
    expect(switched.accuracy).toBe(1);
    expect(switched.margin).toBeCloseTo(evaluateDpo(model, base, pairs).margin, 4);
  });

  it('is trained by SFT and PPO, with the critic on the same body', async () => {
    const { model, withoutAdapter, logits } = adapted();
    const before = logits();
    const losses: number[] = [];
    await trainSft({
      ...{ model, examples: [{ inputIds: [2, 3, 4], completionMask: [0, 1, 1] }] },
      ...{ steps: 20, batchSize: 1, learningRate: 0.02 },
      onStep: ({ loss }) => void losses.push(loss),
    });
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 1);
    const scores: number[] = [];
    await trainPpo({
      ...{ model, reference: withoutAdapter, prompts: [[2], [3, 4]] },
      critic: new ValueModel(model, { generator: new Generator(1) }),
      reward: (samples) =>
        samples.map(({ completionIds }) => completionIds.filter((id) => id === 9).length),
      ...{ updates: 8, rolloutSize: 16, maxNewTokens: 4, learningRate: 0.02, temperature: 1 },
      onUpdate: ({ metrics }) => void scores.push(metrics['objective/scores']!),
    });
    expect(Math.max(...scores.slice(-2))).toBeGreaterThan(scores[0]! + 0.5);
    expect(logits()).toEqual(before);
  });
});
