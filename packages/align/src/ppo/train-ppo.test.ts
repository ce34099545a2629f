import { Generator, scope, tf, useBackend } from '@llm/tensor';
import { generate, RewardModel, ValueModel } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluatePolicy } from '../evaluation/evaluate-policy.ts';
import { frozenCopy, valueModelFrom } from '../models/copy-model.ts';
import { EOS, tinyModel } from '../tiny-model.test-support.ts';
import { PpoBatches } from './ppo-batches.ts';
import { ppoLoss } from './ppo-loss.ts';
import { PpoModel } from './ppo-model.ts';
import { collectRollout } from './rollout.ts';
import type { RewardFunction } from './score-samples.ts';
import { trainPpo } from './train-ppo.ts';
import type { PpoOptions, PpoUpdate } from './train-ppo.ts';

beforeAll(() => useBackend('cpu'));

const prompts = [[2, 3], [4], [5, 6, 7], [8]];
const WANTED = 9;
/** The share of an answer's tokens that are WANTED. */
const wanted: RewardFunction = (samples) =>
  samples.map(
    ({ completionIds }) =>
      completionIds.filter((id) => id === WANTED).length / completionIds.length,
  );

function players(critic: 'own' | 'shared' = 'own') {
  const model = tinyModel(5);
  const reference = frozenCopy(model);
  const body = critic === 'own' ? tinyModel(6) : model;
  return { model, reference, critic: new ValueModel(body, { generator: new Generator(1) }) };
}

async function run(options: Partial<PpoOptions> & ReturnType<typeof players>) {
  const updates: PpoUpdate[] = [];
  const result = await trainPpo({
    ...{ prompts, reward: wanted, updates: 3, rolloutSize: 8, miniBatches: 2, epochs: 2 },
    ...{ maxNewTokens: 4, temperature: 1, learningRate: 0.01, klCoeff: 0.01 },
    onUpdate: (update) => void updates.push(update),
    ...options,
  });
  return { updates, result };
}

function release({ model, reference, critic }: ReturnType<typeof players>): void {
  for (const module of [model, reference, critic]) module.dispose();
}

describe('trainPpo', () => {
  it.each(['own', 'shared'] as const)(
    'makes a rewarded token likelier, with a critic of %s body',
    async (kind) => {
      const all = players(kind);
      const measure = (policy: CausalLm) =>
        evaluatePolicy(
          policy,
          { reference: all.reference, reward: wanted },
          [...prompts, ...prompts],
          {
            maxNewTokens: 4,
            temperature: 1,
            seed: 99,
          },
        );
      const before = await measure(all.model);
      const { updates } = await run({ ...all, updates: 12, rolloutSize: 16, epochs: 3 });
      const after = await measure(all.model);
      expect(before.meanReward).toBeLessThan(0.4);
      expect(after.meanReward).toBeGreaterThan(before.meanReward + 0.4);
      expect(before.kl).toBeCloseTo(0, 5);
      expect(after.kl).toBeGreaterThan(0.5);
      expect(updates).toHaveLength(12);
      const [first, last] = [updates[0]!.metrics, updates.at(-1)!.metrics];
      expect(last['objective/scores']!).toBeGreaterThan(first['objective/scores']! + 0.3);
      expect(last['episode']).toBe(12 * 16);
      expect(Object.values(last).every(Number.isFinite)).toBe(true);
      release(all);
    },
  );

  it('learns from a reward model, starting the critic from it', async () => {
    const { model, reference } = players();
    const reward = new RewardModel(tinyModel(8), { generator: new Generator(2) });
    const critic = valueModelFrom(reward);
    const { updates } = await run({
      model,
      reference,
      critic,
      reward,
      updates: 8,
      rolloutSize: 16,
    });
    const scores = updates.map(({ metrics }) => metrics['objective/scores']!);
    expect(scores.at(-1)).toBeGreaterThan(scores[0]!);
    for (const module of [model, reference, reward, critic]) module.dispose();
  });

  it('gives the same run for the same seed, and another for another', async () => {
    const outcome = async (seed: number) => {
      const all = players();
      const { updates } = await run({ ...all, seed, updates: 2 });
      release(all);
      return updates.map(({ metrics }) => metrics);
    };
    const first = await outcome(1);
    expect(await outcome(1)).toEqual(first);
    expect(await outcome(2)).not.toEqual(first);
  });

  it('reports its own share of the KL penalty and the EOS penalty', async () => {
    const all = players();
    const { updates } = await run({
      ...all,
      updates: 1,
      reward: () => Array<number>(8).fill(0),
      missingEosPenalty: 2,
    });
    const { metrics, rollout } = updates[0]!;
    const unfinished = rollout.samples.filter((sample) => !sample.isFinished).length;
    expect(metrics['objective/scores']).toBeCloseTo((-2 * unfinished) / 8, 5);
    expect(metrics['val/num_eos_tokens']).toBe(8 - unfinished);
    expect(metrics['objective/kl']).toBeCloseTo(0, 5); // the policy is the reference still
    release(all);
  });

  it('leaks nothing, also when the reward is wrong', async () => {
    const all = players();
    const before = tf.memory().numTensors;
    await run(all);
    expect(tf.memory().numTensors).toBe(before);
    await expect(run({ ...all, reward: () => [1] })).rejects.toThrow(
      'ppo: reward: expected 8 finite numbers, got [1].',
    );
    expect(tf.memory().numTensors).toBe(before);
    release(all);
  });

  it('refuses what cannot work', async () => {
    const all = players();
    await expect(run({ ...all, miniBatches: 3 })).rejects.toThrow(
      'trainPpo: miniBatches: expected a divisor of rolloutSize 8, got 3.',
    );
    await expect(run({ ...all, prompts: [] })).rejects.toThrow(
      'trainPpo: prompts: expected at least one',
    );
    release(all);
  });
});

describe('what the classic trainer had', () => {
  const weightsOf = (model: CausalLm) =>
    model.parameters().map((parameter) => Array.from(parameter.dataSync()));

  it('ends an update that has moved too far, and learns nothing from the rest of it', async () => {
    const [whole, early, one] = [players(), players(), players()];
    const common = { updates: 1, miniBatches: 1, learningRate: 0.05 };
    const far = await run({ ...early, ...common, epochs: 4, targetKl: 1e-9 });
    await run({ ...one, ...common, epochs: 2, targetKl: 1e-9 });
    await run({ ...whole, ...common, epochs: 4 });
    // the first minibatch is the policy that sampled; the second has moved, so the update ends after it
    expect(far.updates[0]!.metrics['ppo/minibatches']).toBe(2);
    expect(weightsOf(early.model)).toEqual(weightsOf(one.model));
    expect(weightsOf(early.model)).not.toEqual(weightsOf(whole.model));
    for (const all of [whole, early, one]) release(all);
  });

  it('leaves out minibatches whose ratio is above the threshold', async () => {
    const all = players();
    const before = weightsOf(all.model);
    await run({ ...all, updates: 1, ratioThreshold: 0.5 }); // every ratio is about 1
    expect(weightsOf(all.model)).toEqual(before);
    release(all);
  });

  it('learns at an adapted price of divergence, from scaled and clipped scores', async () => {
    const all = players();
    const { updates } = await run({
      ...{ ...all, updates: 12, rolloutSize: 16, epochs: 3, klCoeff: 0.05, klEstimator: 'full' },
      ...{ scorePlace: 'last', scaleScores: true, scoreClip: 5, whitenRewards: true },
      adaptiveKl: { target: 0.5, horizon: 200 },
    });
    const count = (update: PpoUpdate) => {
      const ids = update.rollout.samples.flatMap(({ completionIds }) => completionIds);
      return ids.filter((id) => id === WANTED).length / ids.length;
    };
    expect(count(updates.at(-1)!)).toBeGreaterThan(count(updates[0]!) + 0.2);
    const prices = updates.map(({ metrics }) => metrics['objective/kl_coef']!);
    expect(prices[0]).toBe(0.05);
    expect(prices[1]).toBeCloseTo(0.05 * (1 - (0.2 * 16) / 200), 9); // no divergence at first
    expect(updates[0]!.metrics['objective/kl']).toBeCloseTo(0, 5);
    release(all);
  });
});

describe('a rollout', () => {
  const options = { maxNewTokens: 5, temperature: 0.7, seed: 3 };

  it('has, by teacher forcing, the log-probabilities that the tokens were sampled with on the cache', async () => {
    const all = players();
    all.model.eval();
    const models = {
      policy: all.model,
      critic: all.critic,
      reference: all.reference,
      reward: wanted,
    };
    const { layout, logprobs } = await collectRollout(models, prompts, options);
    const sampled = await generate(all.model, prompts, { ...options, logprobs: true });
    sampled.logprobs!.forEach((row, b) =>
      row.forEach((logprob, t) => expect(logprobs[b * layout.steps + t]).toBeCloseTo(logprob, 4)),
    );
    release(all);
  });

  it('gives a ratio of exactly 1 until the policy is updated', async () => {
    const all = players();
    const models = {
      policy: all.model,
      critic: all.critic,
      reference: all.reference,
      reward: wanted,
    };
    const batches = new PpoBatches(models, prompts, { ...options, rolloutSize: 4, miniBatches: 2 });
    const model = new PpoModel(all.model, all.critic).eval();
    for (let i = 0; i < 2; i++) {
      const batch = await batches.next();
      scope(() => {
        const { metrics } = ppoLoss(model, batch, options);
        expect(metrics['ratio']!.dataSync()[0]).toBe(1);
        expect(metrics['approxKl']!.dataSync()[0]).toBe(0);
        expect(metrics['clipFraction']!.dataSync()[0]).toBe(0);
      });
    }
    release(all);
  });

  it('goes on to the same minibatches after its state was written to JSON and read', async () => {
    const all = players();
    const model = new PpoModel(all.model, all.critic).eval();
    const models = {
      policy: model.policy,
      critic: all.critic,
      reference: all.reference,
      reward: wanted,
    };
    const make = () =>
      new PpoBatches(models, prompts, { ...options, rolloutSize: 4, miniBatches: 2, epochs: 1 });
    const first = make();
    await first.next();
    const state = JSON.parse(JSON.stringify(first.getState())) as ReturnType<
      PpoBatches['getState']
    >;
    const second = make();
    second.setState(state);
    for (let i = 0; i < 3; i++) expect(await second.next()).toEqual(await first.next());
    release(all);
  });

  it('ends answers at the stop token', async () => {
    const all = players();
    const models = {
      policy: all.model,
      critic: all.critic,
      reference: all.reference,
      reward: wanted,
    };
    const { samples } = await collectRollout(models, [...prompts, ...prompts, ...prompts], {
      ...options,
      maxNewTokens: 12,
    });
    const finished = samples.filter((sample) => sample.isFinished);
    expect(finished.length).toBeGreaterThan(0);
    for (const { completionIds } of finished)
      expect(completionIds.indexOf(EOS)).toBe(completionIds.length - 1);
    for (const { completionIds } of samples.filter((sample) => !sample.isFinished)) {
      expect(completionIds).toHaveLength(12);
      expect(completionIds).not.toContain(EOS);
    }
    release(all);
  });
});
