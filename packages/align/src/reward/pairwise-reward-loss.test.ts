import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak, fixture, take } from '../checks.test-support.ts';
import { pairwiseRewardLoss } from './pairwise-reward-loss.ts';

beforeAll(() => useBackend('cpu'));

interface RewardFixture {
  chosen: number[];
  rejected: number[];
  cases: { margin: number[] | null; centreCoeff: number | null; loss: number }[];
}

describe('pairwiseRewardLoss', () => {
  it('is ln(1 + e^-difference), shifted by the margin and centred', () => {
    // chosen 2, rejected 1, margin 0.5: −log σ(0.5) = ln(1 + e^-0.5); centre 0.1·(2 + 1)² = 0.9
    const losses = pairwiseRewardLoss(tf.tensor1d([2]), tf.tensor1d([1]), {
      margins: tf.tensor1d([0.5]),
      centreCoeff: 0.1,
    });
    expectClose(losses, [Math.log(1 + Math.exp(-0.5)) + 0.9]);
  });

  it("equals TRL's on fixed scores, with and without margin and centring", () => {
    const { chosen, rejected, cases } = fixture<RewardFixture>('trl-reward');
    expect(cases).toHaveLength(4);
    for (const { margin, centreCoeff, loss } of cases) {
      const losses = pairwiseRewardLoss(tf.tensor1d(chosen), tf.tensor1d(rejected), {
        ...(margin ? { margins: tf.tensor1d(margin) } : {}),
        ...(centreCoeff ? { centreCoeff } : {}),
      });
      expectClose(tf.mean(losses), [loss], 1e-6);
    }
  });

  it('stays finite for scores far apart', () => {
    const [right, wrong] = take(
      pairwiseRewardLoss(tf.tensor1d([500, -500]), tf.tensor1d([-500, 500])),
    );
    expect(right).toBeCloseTo(0);
    expect(wrong).toBeCloseTo(1000);
  });

  it('names the argument of a wrong shape and leaks nothing', () => {
    const [two, three] = [tf.zeros([2]) as tf.Tensor1D, tf.zeros([3]) as tf.Tensor1D];
    expect(() => pairwiseRewardLoss(two, three)).toThrow(
      'pairwiseRewardLoss: rejected: expected [2], got [3].',
    );
    expectNoLeak(() => pairwiseRewardLoss(two, three));
    expectNoLeak(() => pairwiseRewardLoss(two, two, { margins: two, centreCoeff: 1 }));
  });
});
