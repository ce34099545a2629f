// RLOO of TRL 1.16, replayed (tools/fixtures/trl_groups.py).
import { tf, useBackend, valueAndGrads } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, fixture, take } from '../checks.test-support.ts';
import { maskedSum } from '../masking/masked-mean.ts';
import { leaveOneOutAdvantages } from './leave-one-out-advantages.ts';
import type { LeaveOneOutOptions } from './leave-one-out-advantages.ts';
import { rlooLoss } from './rloo-loss.ts';

beforeAll(() => useBackend('cpu'));

type Rows = number[][];
interface Recorded {
  losses: { logprobs: Rows; oldLogprobs: Rows; completionMask: Rows; advantages: number[] };
  rlooLosses: {
    options: { clipRange: number; clipRangeHigh: number };
    loss: number;
    gradient: Rows;
    metrics: Record<string, number>;
  }[];
  advantages: { rewards: (number | null)[][]; weights: number[]; groupSize: number };
  rlooAdvantages: {
    kl: number[];
    klCoeff: number;
    cases: {
      options: Partial<LeaveOneOutOptions>;
      advantages: number[];
      metrics: Record<string, number>;
    }[];
  };
}

const { losses, rlooLosses, advantages, rlooAdvantages } = fixture<Recorded>('trl-groups');

describe.each(rlooLosses)('RLOO of TRL with $options', ({ options, loss, gradient, metrics }) => {
  it('has the same loss, gradient and clip ratios', () => {
    const mask = tf.tensor2d(losses.completionMask, undefined, 'int32');
    const logprobs = tf.variable(tf.tensor2d(losses.logprobs));
    const oldLogprobs = maskedSum(tf.tensor2d(losses.oldLogprobs), mask);
    const { value, grads } = valueAndGrads(() => {
      const input = { oldLogprobs, advantages: tf.tensor1d(losses.advantages) };
      return rlooLoss(maskedSum(logprobs, mask), input, options);
    }, [logprobs]);
    expectClose(value.loss, [loss]);
    expectClose(grads[0]!, gradient.flat());
    for (const [name, tensor] of Object.entries(value.metrics)) {
      expectClose(take(tensor), [metrics[name]!]);
    }
    expect(Object.keys(value.metrics)).toHaveLength(5);
    logprobs.dispose();
  });
});

describe.each(rlooAdvantages.cases)("RLOO's advantages of TRL with $options", (one) => {
  it('are ours: leave one out, the divergence paid, nulls passed over', () => {
    const columns = [0, 1].map((f) => advantages.rewards.map((row) => row[f] ?? NaN));
    const { kl, klCoeff } = rlooAdvantages;
    const { groupSize, weights: rewardWeights } = advantages;
    const options = { ...one.options, groupSize, rewardWeights, klCoeff };
    const result = leaveOneOutAdvantages(columns, kl, options);
    expectClose(result.advantages, one.advantages);
    for (const [name, value] of Object.entries(result.metrics)) {
      expectClose([value], [one.metrics[name]!]);
    }
  });
});

it('refuses values of another batch', () => {
  expect(() => {
    rlooLoss(tf.zeros([3]), { oldLogprobs: tf.zeros([2]), advantages: tf.zeros([3]) });
  }).toThrow('rlooLoss: oldLogprobs: expected [3], got [2].');
});
