// GRPO of TRL 1.16, replayed (tools/fixtures/trl_groups.py): losses of every kind with their gradients, advantages and
// metrics, and the whole way from a tiny Llama's weights.
import { nn, scope, tf, useBackend, valueAndGrads } from '@llm/tensor';
import { createModel, parseConfig } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak, fixture, take } from '../checks.test-support.ts';
import { layOutGroup } from '../groups/lay-out-group.ts';
import { currentLogprobs } from '../groups/generation.ts';
import { groupAdvantages } from './group-advantages.ts';
import { grpoLoss } from './grpo-loss.ts';
import type { GrpoOptions } from './grpo-loss.ts';
import type { GrpoLossType } from './grpo-objectives.ts';
import { grpoBatchLoss } from './train-grpo.ts';

beforeAll(() => useBackend('cpu'));

type Rows = number[][];
type Weights = Record<string, { shape: number[]; values: number[] }>;
interface Recorded {
  losses: {
    logprobs: Rows;
    oldLogprobs: Rows;
    referenceLogprobs: Rows;
    entropies: Rows;
    completionMask: Rows;
    advantages: number[];
    meanTokens: number;
    maxNewTokens: number;
    cases: {
      options: Omit<GrpoOptions, 'lossType'> & { lossType: string; isOnPolicy?: boolean };
      loss: number;
      gradient: Rows;
      metrics: Record<string, number>;
    }[];
  };
  advantages: {
    rewards: (number | null)[][];
    weights: number[];
    groupSize: number;
    completions: Rows;
    grpo: {
      options: { scaleRewards?: 'group' | 'batch' | 'none'; aggregation?: string };
      advantages: number[];
      metrics: Record<string, number>;
    }[];
  };
  whole: {
    config: Record<string, number>;
    temperature: number;
    klCoeff: number;
    prompts: Rows;
    completions: Rows;
    advantages: number[];
    policy: Weights;
    reference: Weights;
    logprobs: Rows;
    referenceLogprobs: Rows;
    loss: number;
    metrics: Record<string, number>;
    gradients: Record<string, number[] | Rows>;
  };
}

const recorded = fixture<Recorded>('trl-groups');
const { losses, advantages, whole } = recorded;
const camel = (name: string) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

const inputs = (isOnPolicy = false) => ({
  advantages: tf.tensor1d(losses.advantages),
  completionMask: tf.tensor2d(losses.completionMask, undefined, 'int32'),
  oldLogprobs: isOnPolicy ? undefined : tf.tensor2d(losses.oldLogprobs),
  referenceLogprobs: tf.tensor2d(losses.referenceLogprobs),
  entropies: tf.tensor2d(losses.entropies),
  meanTokens: losses.meanTokens,
});

/** Every metric that TRL logs and we do. */
function expectMetrics(ours: Record<string, number>, theirs: Record<string, number>): void {
  for (const [name, value] of Object.entries(theirs)) {
    expect(ours[name], name).toBeDefined();
    expectClose([ours[name]!], [value], 1e-5);
  }
}

describe.each(losses.cases)('TRL $options', ({ options: named, loss, gradient, metrics }) => {
  const { isOnPolicy, lossType, ...rest } = named;
  const options: GrpoOptions = {
    ...rest,
    lossType: camel(lossType) as GrpoLossType,
    maxNewTokens: losses.maxNewTokens,
  };

  it('has the same loss, gradient and metrics', () => {
    const logprobs = tf.variable(tf.tensor2d(losses.logprobs));
    const { value, grads } = valueAndGrads(
      () => grpoLoss(logprobs, inputs(isOnPolicy), options),
      [logprobs],
    );
    expectClose(value.loss, [loss]);
    expectClose(grads[0]!, gradient.flat());
    const ours = Object.entries(value.metrics).map(([name, tensor]) => [name, take(tensor)[0]]);
    expectMetrics(Object.fromEntries(ours) as Record<string, number>, metrics);
    logprobs.dispose();
  });
});

describe('grpoLoss', () => {
  const logprobs = () => tf.tensor2d(losses.logprobs);

  it('keeps nothing but what it returns', () => {
    const given = inputs();
    const now = logprobs();
    expectNoLeak(() => {
      const { loss, metrics } = grpoLoss(now, given, { klCoeff: 0.1, topEntropyShare: 0.5 });
      return [loss, ...Object.values(metrics)];
    });
    expectNoLeak(() => grpoLoss(now, given, { delta: 0.5 }));
  });

  it.each([
    [{ lossType: 'dapoo' as 'dapo' }, 'grpoLoss: lossType: expected one of grpo, bnpo, drGrpo'],
    [{ delta: 1.1 }, 'grpoLoss: delta: expected more than 1 + clipRangeHigh = 1.2, got 1.1'],
    [{ topEntropyShare: 2 }, 'grpoLoss: topEntropyShare: expected a share from 0 to 1, got 2'],
  ])('refuses %j', (options, message) => {
    expect(() => grpoLoss(logprobs(), inputs(), options)).toThrow(message);
  });

  it('asks for what an option needs, and for one value a token', () => {
    const { referenceLogprobs: _, ...free } = inputs();
    expect(() => grpoLoss(logprobs(), free, { klCoeff: 1 })).toThrow(
      'grpoLoss: referenceLogprobs: expected a tensor beside klCoeff, got none.',
    );
    expect(() => grpoLoss(logprobs(), { ...inputs(), advantages: tf.zeros([2]) })).toThrow(
      'grpoLoss: advantages: expected [3], got [2].',
    );
  });
});

describe.each(advantages.grpo)('advantages of TRL with $options', (one) => {
  it('are ours, with nulls passed over', () => {
    const columns = [0, 1].map((f) => advantages.rewards.map((row) => row[f] ?? NaN));
    const result = groupAdvantages(columns, {
      groupSize: advantages.groupSize,
      rewardWeights: advantages.weights,
      scaleRewards: one.options.scaleRewards,
      aggregation: one.options.aggregation ? 'normalizeThenSum' : 'sumThenNormalize',
    });
    expectClose(result.advantages, one.advantages);
    for (const name of ['reward', 'reward_std', 'frac_reward_zero_std']) {
      expectClose([result.metrics[name]!], [one.metrics[name]!]);
    }
    expect(result.advantages[4]).toBe(0); // no reward applied
  });
});

describe('the way from weights to the loss', () => {
  const config = parseConfig({ model_type: 'llama', eos_token_id: 1, ...whole.config });
  const filled = (weights: Weights) => {
    const model = createModel(config, { seed: 0 });
    const known = new Map(model.namedParameters());
    for (const [key, { shape, values }] of Object.entries(weights)) {
      known.get(nn.toCamelPath(key))!.assign(tf.tensor(values, shape));
    }
    return model;
  };

  it("is TRL's, with its log-probabilities, metrics and gradients of weights", () => {
    const { temperature, klCoeff, prompts, completions } = whole;
    const [policy, reference] = [filled(whole.policy), filled(whole.reference)];
    const samples = prompts.map((promptIds, i) => ({
      promptIds,
      completionIds: completions[i]!,
      isFinished: completions[i]!.at(-1) === 1,
    }));
    const answers = layOutGroup(samples, { padTokenId: 0 });
    const batch = {
      ...answers,
      samples,
      advantages: Float32Array.from(whole.advantages),
      oldLogprobs: undefined,
      referenceLogprobs: currentLogprobs(reference, answers, { temperature }),
      meanTokens: completions.flat().length,
    };
    expectClose(
      Array.from(currentLogprobs(policy, answers, { temperature })),
      whole.logprobs.flat(),
    );
    expectClose(Array.from(batch.referenceLogprobs), whole.referenceLogprobs.flat());
    scope(() => {
      const named = new Map(policy.namedParameters());
      const names = Object.keys(whole.gradients);
      const { value, grads } = valueAndGrads(
        () => grpoBatchLoss(policy, batch, { temperature, klCoeff }),
        names.map((name) => named.get(nn.toCamelPath(name))!),
      );
      expectClose(value.loss, [whole.loss]);
      names.forEach((name, i) => expectClose(grads[i]!, whole.gradients[name]!.flat()));
      const ours = Object.entries(value.metrics).map(([name, tensor]) => [name, take(tensor)[0]]);
      expectMetrics(Object.fromEntries(ours) as Record<string, number>, whole.metrics);
    });
    policy.dispose();
    reference.dispose();
  });
});
