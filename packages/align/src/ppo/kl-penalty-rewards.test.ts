import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak, take } from '../checks.test-support.ts';
import { klPenaltyRewards, valueMask } from './kl-penalty-rewards.ts';

beforeAll(() => useBackend('cpu'));

const input = () => ({
  policy: tf.tensor2d([
    [-1, -2, -7],
    [-1, -1, -1],
  ]),
  reference: tf.tensor2d([
    [-2, -2.5, 5],
    [-1, -2, -3],
  ]),
  completionMask: tf.tensor2d(
    [
      [1, 1, 0],
      [1, 1, 1],
    ],
    undefined,
    'int32',
  ),
  scores: tf.tensor1d([10, 20]),
});

describe('klPenaltyRewards', () => {
  it('charges k1 for each token and pays the score after the last one, by hand', () => {
    // row 0: kl 1, 0.5, masked; length 2 < 3, so the score sits at index 2.
    // row 1: kl 0, 1, 2; length 3 = T, so the score joins the last token: −0.1·2 + 20.
    const { rewards, kl } = klPenaltyRewards(input(), { klCoeff: 0.1 });
    expectClose(kl, [1, 0.5, 0, 0, 1, 2]);
    expectClose(rewards, [-0.1, -0.05, 10, 0, -0.1, 19.8]);
  });

  it('estimates with k3 without ever going below 0', () => {
    // d = log π_ref − log π = −1: (e^-1 − 1) − (−1) = e^-1
    const kl = take(klPenaltyRewards(input(), { klEstimator: 'k3' }).kl);
    expect(kl[0]).toBeCloseTo(Math.exp(-1), 5);
    expect(Math.min(...kl)).toBeGreaterThanOrEqual(0);
  });

  it('leaks nothing', () => {
    const given = input();
    expectNoLeak(() => Object.values(klPenaltyRewards(given)));
  });
});

describe('valueMask', () => {
  it('keeps one step more than the answer has tokens', () => {
    const mask = tf.tensor2d(
      [
        [1, 1, 0, 0],
        [0, 0, 0, 0],
        [1, 1, 1, 1],
      ],
      undefined,
      'int32',
    );
    expect(take(valueMask(mask))).toEqual([1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1]);
  });
});
