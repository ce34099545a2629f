import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf, useBackend } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluateDpo } from '../evaluation/evaluate-dpo.ts';
import { frozenCopy } from '../models/copy-model.ts';
import { EOS, tinyModel } from '../tiny-model.test-support.ts';
import { precomputeReference } from './reference.ts';
import { trainDpo } from './train-dpo.ts';
import type { DpoTrainerOptions } from './train-dpo.ts';

beforeAll(() => useBackend('cpu'));

const pairs = [2, 3, 4, 5].map((prompt) => ({
  promptIds: [prompt, 7],
  chosenIds: [9, EOS],
  rejectedIds: [8, 8, EOS],
}));
const heldOut = [{ promptIds: [6, 7], chosenIds: [9, EOS], rejectedIds: [8, 8, EOS] }];

async function run(model: CausalLm, options: Partial<DpoTrainerOptions> = {}) {
  const losses: number[] = [];
  const { lastMetrics } = await trainDpo({
    ...{ model, examples: pairs, steps: 3, batchSize: 4, learningRate: 0.01, beta: 0.5 },
    onStep: ({ loss }) => void losses.push(loss),
    ...options,
  });
  return { losses, metrics: lastMetrics!.metrics };
}

describe('trainDpo', () => {
  it('starts at ln 2 and raises the margin, on held-out pairs too', async () => {
    const model = tinyModel(5);
    const reference = frozenCopy(model);
    const { losses, metrics } = await run(model, { steps: 25, reference });
    expect(losses[0]).toBeCloseTo(Math.LN2, 5); // dropout is off: policy = reference exactly
    expect(losses.at(-1)).toBeLessThan(0.2);
    expect(metrics['rewards/accuracies']).toBe(1);
    expect(metrics['rewards/margins']).toBeGreaterThan(1);
    expect(metrics['rewards/chosen']!).toBeGreaterThan(metrics['rewards/rejected']!);
    const held = evaluateDpo(model, reference, heldOut, { beta: 0.5 });
    expect(held.accuracy).toBe(1);
    expect(held.loss).toBeLessThan(Math.LN2);
    expect(evaluateDpo(reference, reference, heldOut)).toMatchObject({ accuracy: 0.5, margin: 0 });
    model.dispose();
    reference.dispose();
  });

  it('trains alike with a frozen copy, precomputed log-probabilities and an adapter switched off', async () => {
    const [copied, computed, given, switched] = [0, 1, 2, 3].map(() => tinyModel(5)) as CausalLm[];
    const reference = frozenCopy(copied!);
    const { losses } = await run(copied!, { reference });
    const examples = precomputeReference(given!, pairs);
    // stands for a model with adapters: while it is off, the base's parameters are in place
    const base = Array.from(frozenCopy(switched!).stateDict());
    const withoutAdapter = <T>(fn: () => T): T => {
      const trained = Array.from(
        switched!.stateDict(),
        ([path, value]) => [path, value.clone()] as const,
      );
      switched!.loadStateDict(base);
      const result = fn();
      switched!.loadStateDict(trained);
      return result;
    };
    expect(losses[2]).toBeLessThan(losses[0]!);
    expectEqual((await run(computed!)).losses, losses);
    expectEqual((await run(given!, { examples })).losses, losses);
    expectEqual((await run(switched!, { reference: withoutAdapter })).losses, losses);
  });

  it('takes other losses of the table', async () => {
    const model = tinyModel(5);
    const { losses } = await run(model, { lossType: 'ipo', steps: 5 });
    // policy = reference: (0 − 1/(2·0.5))² = 1
    expect(losses[0]).toBeCloseTo(1, 4);
    expect(losses.at(-1)).toBeLessThan(1);
    model.dispose();
  });

  it('trains with weighted pairs, discounted tails and a mix of losses', async () => {
    const model = tinyModel(5);
    const { losses, metrics } = await run(model, {
      ...{ steps: 20, useWeighting: true, ldAlpha: 0.5 },
      lossType: { sigmoid: 0.8, bcoPair: 0.2, sft: 0.1 },
    });
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 2);
    expect(metrics['rewards/accuracies']).toBe(1);
    expect(metrics['mean_token_accuracy']).toBe(1);
    model.dispose();
  });

  it('rewards the likelihood itself without a reference', async () => {
    const model = tinyModel(5);
    const { metrics } = await run(model, { steps: 1, reference: 'none', learningRate: 0 });
    expect(metrics['rewards/chosen']).toBeCloseTo(0.5 * metrics['logps/chosen']!, 5);
    expect(
      (await run(model, { steps: 25, reference: 'none' })).metrics['rewards/margins'],
    ).toBeGreaterThan(1);
    model.dispose();
  });

  it('lets the reference follow the policy, and resumes to the same bits', async () => {
    const follow = async (options: Partial<DpoTrainerOptions> = {}) => {
      const model = tinyModel(5);
      const reference = frozenCopy(model);
      const syncReference = { every: 3, mixup: 0.5 };
      const { metrics } = await run(model, { steps: 8, reference, syncReference, ...options });
      const weights = (of: CausalLm) =>
        Array.from(of.parameters(), (parameter) => [...parameter.dataSync()]).flat();
      return { metrics, policy: weights(model), reference: weights(reference) };
    };
    const whole = await follow();
    const start = Array.from(tinyModel(5).parameters(), (p) => [...p.dataSync()]).flat();
    expect(whole.reference).not.toEqual(start);
    const directory = await mkdtemp(join(tmpdir(), 'llm-dpo-'));
    const stop = new AbortController();
    const checkpoint = { directory };
    await follow({
      ...{ checkpoint, signal: stop.signal },
      onStep: ({ step }) => void (step === 5 && stop.abort()),
    });
    const resumed = await follow({ checkpoint, resume: true });
    await rm(directory, { recursive: true });
    expect(resumed).toEqual(whole);
  });

  it('says when no reference can follow the policy', async () => {
    const model = tinyModel(5);
    await expect(run(model, { syncReference: {} })).rejects.toThrow(
      'trainDpo: syncReference: expected reference to be a model of its own, got precomputed log-probabilities.',
    );
    const reference = frozenCopy(model);
    await expect(run(model, { reference, syncReference: { mixup: 2 } })).rejects.toThrow(
      'syncReference: mixup: expected 0 < α ≤ 1, got 2.',
    );
    model.dispose();
    reference.dispose();
  });

  it('leaks nothing', async () => {
    const model = tinyModel(5);
    const before = tf.memory().numTensors;
    await run(model);
    expect(tf.memory().numTensors).toBe(before);
    evaluateDpo(model, model, pairs);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

function expectEqual(actual: number[], expected: number[]): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
}
