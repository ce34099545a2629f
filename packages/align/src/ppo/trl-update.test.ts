// A whole PPO update of TRL 0.29, from the four models' weights and the sampled tokens to the losses after several
// optimizer steps (tools/fixtures/trl_ppo.py): layout, masks, temperature, values, scores, gradients and AdamW.
import { adamw } from '@llm/optim';
import { Generator, nn, scope, tf, useBackend, valueAndGrads } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { createModel, parseConfig, RewardModel, ValueModel } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, fixture } from '../checks.test-support.ts';
import { ppoLoss } from './ppo-loss.ts';
import { PpoModel } from './ppo-model.ts';
import { rolloutFrom, selectAnswers } from './rollout.ts';
import type { Rollout, RolloutOptions } from './rollout.ts';
import { selectRows } from './select-rows.ts';

beforeAll(() => useBackend('cpu'));

type Weights = Record<string, { shape: number[]; values: number[] }>;
type Rows = number[][];
interface Recorded {
  config: Record<string, number>;
  eosTokenId: number;
  padTokenId: number;
  learningRate: number;
  models: Record<'policy' | 'reference' | 'reward' | 'critic', Weights>;
  cases: {
    options: RolloutOptions & { clipRange: number; clipRangeValue: number; valueCoeff: number };
    query_responses: Rows;
    responses: Rows;
    context_length: number;
    padding_mask: Rows;
    padding_mask_p1: Rows;
    logprobs: Rows;
    ref_logprobs: Rows;
    values: Rows;
    scores: number[];
    advantages: Rows;
    returns: Rows;
    steps: { micro_batch_inds: number[]; pg_loss: number; vf_loss: number; loss: number }[];
  }[];
}

const recorded = fixture<Recorded>('trl-ppo');

/** Fills a model from the weights that Transformers named. */
function filled<T extends nn.Module>(module: T, weights: Weights, prefix = ''): T {
  const known = new Map(module.namedParameters());
  for (const [key, { shape, values }] of Object.entries(weights)) {
    const path = key === 'score.weight' ? key : `${prefix}${nn.toCamelPath(key)}`;
    const parameter = known.get(path);
    if (!parameter) throw new Error(`no parameter ${path}`);
    parameter.assign(tf.tensor(values, shape));
  }
  return module;
}

function models() {
  const config = parseConfig({ model_type: 'llama', eos_token_id: 1, ...recorded.config });
  const blank = () => createModel(config, { seed: 0 });
  const generator = new Generator(0);
  const { policy, reference, reward, critic } = recorded.models;
  return {
    policy: filled(blank(), policy),
    reference: filled(blank(), reference),
    reward: filled(new RewardModel(blank(), { generator }), reward, 'model.'),
    critic: filled(new ValueModel(blank(), { generator }), critic, 'model.'),
  };
}

/** Rows where `padding` is 0; elsewhere 0, as ours are. */
const kept = (rows: Rows, padding: Rows) =>
  rows.flatMap((row, b) => row.map((value, t) => (padding[b]![t] ? 0 : value)));

const minibatch = (rollout: Rollout, indices: number[]) => {
  const rows = Int32Array.from(indices);
  const pick = (values: Float32Array) => selectRows(values, rows, rollout.layout.steps);
  return {
    ...selectAnswers(rollout, rows),
    oldLogprobs: pick(rollout.logprobs),
    oldValues: pick(rollout.values),
    advantages: pick(rollout.advantages),
    returns: pick(rollout.returns),
    isSkipped: false,
  };
};

describe.each(recorded.cases)("TRL's update with $options.klEstimator", (update) => {
  const { context_length: context, padding_mask: padding } = update;
  const samples = update.query_responses.map((row, b) => {
    const completionIds = update.responses[b]!.filter((_, t) => padding[b]![t] === 0);
    return {
      promptIds: row.slice(0, context).filter((id) => id !== recorded.padTokenId),
      completionIds,
      isFinished: completionIds.includes(recorded.eosTokenId),
    };
  });
  const options = { ...update.options, temperature: 0.7 + 1e-7 };

  it('is ours, from weights to the losses of every optimizer step', async () => {
    const all = models();
    const rollout = await rolloutFrom(all, samples, options);
    expectClose(Array.from(rollout.logprobs), kept(update.logprobs, padding), 1e-4);
    expectClose(Array.from(rollout.referenceLogprobs), kept(update.ref_logprobs, padding), 1e-4);
    expectClose(Array.from(rollout.values), update.values.flat(), 1e-4);
    expectClose(Array.from(rollout.scores), update.scores, 1e-4);
    expectClose(Array.from(rollout.advantages), update.advantages.flat(), 1e-4);
    expectClose(Array.from(rollout.returns), update.returns.flat(), 1e-4);

    const model = new PpoModel(all.policy, all.critic);
    const optimizer = adamw({ learningRate: recorded.learningRate, weightDecay: 0 });
    optimizer.init(model);
    for (const step of update.steps) {
      const batch = minibatch(rollout, step.micro_batch_inds);
      scope(() => {
        const { value, grads } = valueAndGrads(
          () => ppoLoss(model, batch, options),
          [...optimizer.parameters],
        );
        const read = (tensor: Tensor) => [tensor.dataSync()[0]!];
        expectClose(read(value.metrics['policyLoss']!), [step.pg_loss], 1e-4);
        expectClose(read(value.metrics['valueLoss']!), [step.vf_loss], 1e-4);
        expectClose(read(value.loss), [step.loss], 1e-4);
        optimizer.step(grads);
      });
    }
    expect(update.steps.length).toBeGreaterThanOrEqual(2);
  });
});
