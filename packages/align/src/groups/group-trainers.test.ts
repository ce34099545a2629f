// GRPO and RLOO on a model of two layers: they learn, they resume, and the ratio begins at 1.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, scope, useBackend } from '@llm/tensor';
import { RewardModel } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { promptsOf } from '../data/prompt-examples.ts';
import { grpoBatchLoss, trainGrpo } from '../grpo/train-grpo.ts';
import type { GrpoTrainerOptions } from '../grpo/train-grpo.ts';
import { GRPO_OBJECTIVES } from '../grpo/grpo-objectives.ts';
import type { GrpoLossType } from '../grpo/grpo-objectives.ts';
import { frozenCopy } from '../models/copy-model.ts';
import type { CompletionReward } from '../rewards/completion-reward.ts';
import { trainRloo } from '../rloo/train-rloo.ts';
import type { RlooTrainerOptions } from '../rloo/train-rloo.ts';
import { tinyModel } from '../tiny-model.test-support.ts';
import { GroupBatches } from './group-batches.ts';
import type { Generation, GroupBatchOptions, GroupMethod } from './group-batches.ts';

let directory = '';
beforeAll(async () => {
  await useBackend('native');
  directory = await mkdtemp(join(tmpdir(), 'llm-groups-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const prompts = promptsOf([[2, 3], [4], [5, 6, 7], [8]]);
const WANTED = 9;
/** The share of a completion's tokens that are WANTED. */
const wanted: CompletionReward = function wanted({ completionIds }) {
  return completionIds.map((ids) => ids.filter((id) => id === WANTED).length / ids.length);
};

type Options = Partial<GrpoTrainerOptions & RlooTrainerOptions>;
const METHODS = { grpo: trainGrpo, rloo: trainRloo };

async function run(method: keyof typeof METHODS, options: Options = {}) {
  const model = options.model ?? tinyModel(5);
  const steps: Record<string, number>[] = [];
  const result = await METHODS[method]({
    ...{ model, prompts, rewards: [wanted], steps: 3, groupSize: 4, batchSize: 16 },
    ...{ maxNewTokens: 4, learningRate: 0.01, klCoeff: 0 },
    onStep: ({ metrics, loss, gradNorm }) => void steps.push({ ...metrics, loss, gradNorm }),
    ...options,
  });
  return { model, steps, result };
}

const weights = (model: CausalLm) =>
  model.parameters().map((parameter) => Array.from(parameter.dataSync()));

describe.each(['grpo', 'rloo'] as const)('%s', (method) => {
  it('makes a rewarded token likelier', async () => {
    const { steps, result, model } = await run(method, { steps: 20 });
    const rewards = steps.map(({ reward }) => reward!);
    expect(rewards[0]!).toBeLessThan(0.4);
    expect(rewards.at(-1)!).toBeGreaterThan(rewards[0]! + 0.4);
    expect(steps.at(-1)).toMatchObject(result.lastMetrics!.metrics);
    expect(Object.keys(steps[0]!)).toEqual(
      expect.arrayContaining(
        'reward reward_std frac_reward_zero_std rewards/wanted/mean rewards/wanted/std entropy num_tokens completions/mean_length completions/clipped_ratio clip_ratio/region_mean'.split(
          ' ',
        ),
      ),
    );
    expect(steps[0]!['clip_ratio/region_mean']).toBe(0);
    model.dispose();
  });

  it('resumes in the middle of a generation to the same bits as a run that was never stopped', async () => {
    const name = (kind: string) => join(directory, `${method}-${kind}`);
    const model = tinyModel(5);
    const reference = frozenCopy(model);
    const once = async (kind: string, more: Options = {}) => {
      const own = tinyModel(5);
      const checkpoint = { directory: name(kind), every: 1 };
      const reused = { stepsPerGeneration: 2, numIterations: 2, batchSize: 8, klCoeff: 0.05 };
      await run(method, { ...reused, model: own, reference, steps: 6, checkpoint, ...more });
      const bits = weights(own);
      own.dispose();
      return bits;
    };
    const whole = await once('whole');
    const controller = new AbortController();
    const stopped = await once('stopped', {
      signal: controller.signal,
      onStep: ({ step }) => void (step === 3 && controller.abort()),
    });
    expect(stopped).not.toEqual(whole);
    expect(await once('stopped', { resume: true })).toEqual(whole);
    for (const module of [model, reference]) module.dispose();
  });

  it('is held by the reference', async () => {
    const model = tinyModel(5);
    const reference = frozenCopy(model);
    const free = await run(method, { steps: 8, klCoeff: 1e-9, model: tinyModel(5), reference });
    const held = await run(method, { steps: 8, klCoeff: 1, model, reference });
    expect(free.steps[0]!['kl']!).toBeCloseTo(0, 6);
    expect(held.steps.at(-1)!['kl']!).toBeLessThan(free.steps.at(-1)!['kl']! / 2);
    for (const module of [model, reference, free.model]) module.dispose();
    await expect(run(method, { klCoeff: 0.1 })).rejects.toThrow(
      'reference: expected a model beside klCoeff 0.1, got none.',
    );
  });
});

describe('trainGrpo', () => {
  it.each(Object.keys(GRPO_OBJECTIVES) as GrpoLossType[])('learns with %s', async (lossType) => {
    const { steps, model } = await run('grpo', { steps: 12, lossType, learningRate: 0.02 });
    expect(steps.at(-1)!['reward']!).toBeGreaterThan(steps[0]!['reward']! + 0.1);
    model.dispose();
  });

  it('learns with ratios of whole completions, from reused generations', async () => {
    const { steps, model } = await run('grpo', {
      ...{ steps: 24, importanceLevel: 'sequence', lossType: 'grpo', clipRange: 0.1 },
      ...{ stepsPerGeneration: 2, numIterations: 2, batchSize: 8 },
    });
    expect(steps.at(-1)!['reward']!).toBeGreaterThan(steps[0]!['reward']! + 0.2);
    expect(steps.some((step) => step['clip_ratio/region_mean']! > 0)).toBe(true);
    expect(steps[3]!['reward']).toBe(steps[0]!['reward']); // four updates of one generation
    model.dispose();
  });

  it('adds micro-batches up to the update of one large batch', async () => {
    const large = await run('grpo', { steps: 1, batchSize: 16 });
    const parts = await run('grpo', { steps: 1, batchSize: 4, accumulation: 4 });
    expect(parts.steps[0]!['reward']).toBe(large.steps[0]!['reward']);
    for (const name of ['loss', 'gradNorm']) {
      expect(parts.steps[0]![name]).toBeCloseTo(large.steps[0]![name]!, 5);
    }
    for (const { model } of [large, parts]) model.dispose();
  });

  it('weighs rewards, passes over nulls and shows what it made of them', async () => {
    const never: CompletionReward = ({ completions }) => completions.map(() => null);
    const model = new RewardModel(tinyModel(8), { generator: new Generator(2) });
    const generations: Generation[] = [];
    const { steps } = await run('grpo', {
      steps: 1,
      rewards: [wanted, never, model],
      rewardWeights: [1, 1, 0],
      onGeneration: (generation) => void generations.push(generation),
    });
    expect(steps[0]).not.toHaveProperty('rewards/never/mean');
    expect(steps[0]).toHaveProperty('rewards/reward_model/std');
    expect(steps[0]!['reward']).toBeCloseTo(steps[0]!['rewards/wanted/mean']!, 6);
    const [{ completions, rewards, advantages }] = generations as [Generation];
    expect(completions).toHaveLength(16);
    expect(completions[0]!.text.split(' ').map(Number)).toEqual(
      completions[0]!.completionIds.filter((id) => id !== 1),
    );
    expect(rewards.names).toEqual(['wanted', 'never', 'reward_model']);
    const sums = [0, 4, 8, 12].map((i) => advantages.slice(i, i + 4).reduce((a, b) => a + b));
    for (const sum of sums) expect(sum).toBeCloseTo(0, 6);
    model.dispose();
  });

  it('learns nothing from completions that were cut, if told so', async () => {
    const before = tinyModel(5);
    const { model, steps } = await run('grpo', {
      ...{ model: tinyModel(5), steps: 1, maxNewTokens: 3, maskTruncated: true, stopTokens: [] },
    });
    expect(steps[0]!['completions/clipped_ratio']).toBe(1);
    expect(weights(model)).toEqual(weights(before));
    for (const module of [model, before]) module.dispose();
  });

  it.each([
    [{ groupSize: 1 }, 'trainGrpo: groupSize: expected an integer ≥ 2, got 1.'],
    [{ groupSize: 3 }, 'expected a divisor of batchSize · stepsPerGeneration = 16'],
    [{ prompts: [] }, 'trainGrpo: prompts: expected at least one, got 0.'],
    [{ rewards: [] }, 'trainGrpo: rewards: expected at least one, got none.'],
    [{ rewardWeights: [1, 2] }, 'trainGrpo: rewardWeights: expected 1 numbers'],
  ])('refuses %j', async (options, message) => {
    await expect(run('grpo', options)).rejects.toThrow(message);
  });
});

// One engine samples and trains: what other libraries correct for (importance sampling between an inference server
// and the trainer) is not there to be corrected.
describe.each(['cpu', 'native'] as const)('the importance ratio on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  const method: GroupMethod = {
    name: 'test',
    isKlInReward: false,
    estimate: ({ values }) => ({ advantages: values[0]!, metrics: {} }),
  };
  const batchesOf = (policy: CausalLm, options: GroupBatchOptions) => {
    const players = { policy, rewards: [wanted], reference: undefined };
    return new GroupBatches(method, players, prompts, { maxNewTokens: 6, ...options });
  };

  it('is exactly 1 for every token until the policy is updated, in every micro-batch', async () => {
    const policy = tinyModel(5).eval();
    const options = { groupSize: 4, batchSize: 8, stepsPerGeneration: 2, numIterations: 2 };
    const batches = batchesOf(policy, { ...options, temperature: 0.7 });
    for (let i = 0; i < 4; i++) {
      const batch = await batches.next();
      const { oldLogprobs, layout } = batch;
      expect(oldLogprobs).toHaveLength(layout.steps * 8);
      scope(() => {
        // a ratio other than 1 in the last bit would be outside this clip range
        const clip = { clipRange: 1e-8, clipRangeHigh: 1e-8, lossType: 'dapo' } as const;
        const up = { ...batch, advantages: batch.advantages.map(() => 1) };
        const down = { ...batch, advantages: batch.advantages.map(() => -1) };
        for (const one of [up, down]) {
          const { metrics, loss } = grpoBatchLoss(policy, one, { ...clip, temperature: 0.7 });
          expect(metrics['clip_ratio/region_mean']!.dataSync()[0]).toBe(0);
          expect(Number.isFinite(loss.dataSync()[0])).toBe(true);
        }
      });
    }
    policy.dispose();
  });
});
