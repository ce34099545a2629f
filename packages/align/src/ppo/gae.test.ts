import { tf, useBackend } from '@llm/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak } from '../checks.test-support.ts';
import { gae } from './gae.ts';

beforeAll(() => useBackend('cpu'));

describe('gae', () => {
  it('follows the recursion, by hand', () => {
    // γ = 0.5, λ = 0.8, so γλ = 0.4. rewards 1, 0, 2; values 0.5, 1, −1.
    // δ_2 = 2 + 0 − (−1)      = 3       A_2 = 3
    // δ_1 = 0 + 0.5·(−1) − 1  = −1.5    A_1 = −1.5 + 0.4·3    = −0.3
    // δ_0 = 1 + 0.5·1 − 0.5   = 1       A_0 = 1 + 0.4·(−0.3)  = 0.88
    const { advantages, returns } = gae(tf.tensor2d([[1, 0, 2]]), tf.tensor2d([[0.5, 1, -1]]), {
      gamma: 0.5,
      lambda: 0.8,
    });
    expectClose(advantages, [0.88, -0.3, 3]);
    expectClose(returns, [1.38, 0.7, 2]);
  });

  it('gives the suffix sums of the rewards as returns when γ = λ = 1, whatever the values', () => {
    const number = fc.integer({ min: -8, max: 8 });
    const rows = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(rows, (steps) => {
        const rewards = steps.map(([reward]) => reward);
        const values = steps.map(([, value]) => value);
        const sums = rewards.map((_, t) =>
          rewards.slice(t).reduce((sum, reward) => sum + reward, 0),
        );
        const { returns } = gae(tf.tensor2d([rewards]), tf.tensor2d([values]), {
          gamma: 1,
          lambda: 1,
        });
        expectClose(returns, sums, 1e-6);
      }),
      { numRuns: 50 },
    );
  });

  it('gives one-step errors when λ = 0', () => {
    const { advantages } = gae(tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 5]]), { lambda: 0 });
    expectClose(advantages, [1 + 5 - 3, 2 - 5]);
  });

  it('names the argument of a wrong shape and leaks nothing', () => {
    const [narrow, wide] = [tf.zeros([2, 3]) as tf.Tensor2D, tf.zeros([2, 4]) as tf.Tensor2D];
    expect(() => gae(narrow, wide)).toThrow('gae: values: expected [2, 3], got [2, 4].');
    expectNoLeak(() => gae(narrow, wide));
    expectNoLeak(() => Object.values(gae(narrow, narrow)));
  });
});
