// One update of TRL 0.29's PPOTrainer, replayed through the pure functions (tools/fixtures/trl_ppo.py).
import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { whiten } from '../masking/whiten.ts';
import { expectClose, fixture } from '../checks.test-support.ts';
import { gae } from './gae.ts';
import { klPenaltyRewards, valueMask } from './kl-penalty-rewards.ts';
import type { KlEstimator } from './kl-penalty-rewards.ts';
import { ppoPolicyLoss } from './ppo-policy-loss.ts';
import { ppoValueLoss } from './ppo-value-loss.ts';

beforeAll(() => useBackend('cpu'));

type Rows = number[][];
interface PpoCase {
  options: {
    klEstimator: KlEstimator;
    whitenRewards: boolean;
    gamma: number;
    lambda: number;
    klCoeff: number;
    clipRange: number;
    clipRangeValue: number;
    valueCoeff: number;
  };
  logprobs: Rows;
  ref_logprobs: Rows;
  values: Rows;
  scores: number[];
  padding_mask: Rows;
  padding_mask_p1: Rows;
  kl: Rows;
  rewards: Rows;
  advantages: Rows;
  returns: Rows;
  steps: {
    micro_batch_inds: number[];
    new_logprobs: Rows;
    vpred: Rows;
    pg_loss: number;
    vf_loss: number;
    loss: number;
    vf_clipfrac: number;
  }[];
  metrics: Record<string, number>;
}

const { cases } = fixture<{ cases: PpoCase[] }>('trl-ppo');
const kept = (padding: Rows) =>
  tf.tensor2d(
    padding.map((row) => row.map((out) => 1 - out)),
    undefined,
    'int32',
  );
const pick = (rows: Rows, indices: number[]) => tf.tensor2d(indices.map((i) => rows[i]!));

describe.each(cases)("TRL's PPO update with $options", (recorded) => {
  const { options } = recorded;

  it('has the same KL and rewards', () => {
    const completionMask = kept(recorded.padding_mask);
    const { kl, rewards, nonScoreRewards } = klPenaltyRewards(
      {
        policy: tf.tensor2d(recorded.logprobs),
        reference: tf.tensor2d(recorded.ref_logprobs),
        completionMask,
        scores: tf.tensor1d(recorded.scores),
      },
      options,
    );
    const valued = valueMask(completionMask);
    expectClose(valued, Array.from(kept(recorded.padding_mask_p1).dataSync()));
    expectClose(kl, recorded.kl.flat());
    const final = options.whitenRewards ? whiten(rewards, valued, { shiftMean: false }) : rewards;
    expectClose(final, recorded.rewards.flat());
    expectClose(tf.mean(tf.sum(kl, 1)), [recorded.metrics['objective/kl']!]);
    expectClose(tf.mean(tf.sum(nonScoreRewards, 1)), [
      recorded.metrics['objective/non_score_reward']!,
    ]);
  });

  it('has the same advantages and returns', () => {
    const result = gae(tf.tensor2d(recorded.rewards), tf.tensor2d(recorded.values), options);
    expectClose(result.returns, recorded.returns.flat());
    expectClose(whiten(result.advantages, kept(recorded.padding_mask)), recorded.advantages.flat());
  });

  it('has the same losses in every minibatch of every epoch', () => {
    expect(recorded.steps.length).toBeGreaterThanOrEqual(2);
    const clipFractions: number[] = [];
    for (const step of recorded.steps) {
      const rows = step.micro_batch_inds;
      const policy = ppoPolicyLoss(
        tf.tensor2d(step.new_logprobs),
        {
          oldLogprobs: pick(recorded.logprobs, rows),
          advantages: pick(recorded.advantages, rows),
          completionMask: kept(rows.map((i) => recorded.padding_mask[i]!)),
        },
        options,
      );
      const value = ppoValueLoss(
        tf.tensor2d(step.vpred),
        {
          oldValues: pick(recorded.values, rows),
          returns: pick(recorded.returns, rows),
          valueMask: kept(rows.map((i) => recorded.padding_mask_p1[i]!)),
        },
        options,
      );
      expectClose(policy.loss, [step.pg_loss]);
      expectClose(value.loss, [step.vf_loss]);
      expectClose(value.clipFraction, [step.vf_clipfrac]);
      expectClose(tf.add(policy.loss, tf.mul(value.loss, options.valueCoeff)), [step.loss]);
      clipFractions.push(policy.clipFraction.dataSync()[0]!);
    }
    const mean = clipFractions.reduce((sum, x) => sum + x, 0) / clipFractions.length;
    expect(mean).toBeCloseTo(recorded.metrics['policy/clipfrac_avg']!, 5);
  });
});
