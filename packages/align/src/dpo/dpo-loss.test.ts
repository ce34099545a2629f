import { tf, useBackend } from '@llm/tensor';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak, take } from '../checks.test-support.ts';
import { dpoLoss } from './dpo-loss.ts';

beforeAll(() => useBackend('cpu'));

const pair = (chosen: number[], rejected: number[]) => ({
  chosen: tf.tensor1d(chosen),
  rejected: tf.tensor1d(rejected),
});

describe('dpoLoss', () => {
  it('is −log σ(β·Δ), by hand', () => {
    // r_w = −4 − (−5) = 1, r_l = −9 − (−6) = −3, Δ = 4, β = 0.5: −log σ(2) = ln(1 + e^-2)
    const result = dpoLoss(pair([-4], [-9]), pair([-5], [-6]), { beta: 0.5 });
    expectClose(result.losses, [Math.log(1 + Math.exp(-2))]);
    expectClose(result.chosenRewards, [0.5]);
    expectClose(result.rejectedRewards, [-1.5]);
  });

  it('weighs the flipped label by ε (conservative DPO)', () => {
    // z = 2, ε = 0.25: 0.75·ln(1 + e^-2) + 0.25·ln(1 + e^2)
    const { losses } = dpoLoss(pair([-4], [-9]), pair([-5], [-6]), {
      beta: 0.5,
      labelSmoothing: 0.25,
    });
    expectClose(losses, [0.75 * Math.log(1 + Math.exp(-2)) + 0.25 * Math.log(1 + Math.exp(2))]);
  });

  it('is ln 2 with no reward when the policy is the reference', () => {
    const logprob = fc.integer({ min: -400, max: 0 });
    fc.assert(
      fc.property(logprob, logprob, fc.constantFrom(0.05, 0.1, 1), (chosen, rejected, beta) => {
        const same = pair([chosen], [rejected]);
        const result = dpoLoss(same, same, { beta });
        expectClose(result.losses, [Math.LN2], 1e-6);
        expectClose(result.chosenRewards, [0]);
      }),
      { numRuns: 50 },
    );
  });

  it('pulls the chosen up and the rejected down by β·σ(−βΔ)', () => {
    // Δ = 0: gradient of the loss is −β/2 for L_w and +β/2 for L_l
    const gradients = tf.grads((chosen: tf.Tensor, rejected: tf.Tensor) =>
      tf.sum(dpoLoss({ chosen, rejected }, pair([-1], [-1]), { beta: 0.2 }).losses),
    )([tf.tensor1d([-1]), tf.tensor1d([-1])]);
    expectClose(gradients[0]!, [-0.1]);
    expectClose(gradients[1]!, [0.1]);
  });

  it('stays finite for margins that overflow e^x', () => {
    expect(take(dpoLoss(pair([0], [-9000]), pair([-9000], [0]), { beta: 1 }).losses)).toEqual([0]);
    expect(take(dpoLoss(pair([-9000], [0]), pair([0], [-9000]), { beta: 1 }).losses)).toEqual([
      18000,
    ]);
  });

  it('says what is wrong', () => {
    const two = pair([-1, -2], [-3, -4]);
    expect(() => dpoLoss(two, pair([-1], [-2]))).toThrow(
      'dpoLoss: reference.chosen: expected [2], got [1].',
    );
    expect(() => dpoLoss(two, two, { beta: 0 })).toThrow(
      'dpoLoss: beta: expected a number > 0, got 0.',
    );
    expect(() => dpoLoss(two, two, { labelSmoothing: 0.5 })).toThrow(
      'expected 0 ≤ ε < 0.5, got 0.5',
    );
    expect(() => dpoLoss(two, two, { lossType: 'ipo' })).toThrow(
      "token counts for lossType 'ipo', got none",
    );
  });

  it('refuses losses and divergences that do not fit', () => {
    const two = pair([-1, -2], [-3, -4]);
    expect(() => dpoLoss(two, two, { lossType: 'exoPair' })).toThrow(
      'dpoLoss: labelSmoothing: expected a number > 0 for exoPair, got 0.',
    );
    expect(() => dpoLoss(two, two, { lossType: 'aot', fDivergence: 'forwardKl' })).toThrow(
      'dpoLoss: fDivergence: expected reverseKl for lossType aot, got "forwardKl".',
    );
    expect(() => dpoLoss(two, two, { lossType: {} })).toThrow('expected at least one loss');
    expect(() => dpoLoss(two, two, { lossType: { sft: 1 } })).toThrow('Pass options.chosenNll.');
    const unknown = { lossType: 'sigmoid_norm' as 'sigmoid' };
    expect(() => dpoLoss(two, two, unknown)).toThrow('discopop, ncaPair');
  });

  it('leaks nothing, also when it throws', () => {
    const two = pair([-1, -2], [-3, -4]);
    expectNoLeak(() => Object.values(dpoLoss(two, two)));
    expectNoLeak(() => dpoLoss(two, two, { lossType: 'ipo' }));
  });
});
