// The classic PPO of TRL 0.11, replayed (tools/fixtures/trl_ppo_classic.py), and what ends an update early.
import { tf, useBackend, valueAndGrads } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, fixture } from '../checks.test-support.ts';
import { whiten } from '../masking/whiten.ts';
import { gae } from './gae.ts';
import { KlController } from './kl-controller.ts';
import { klPenaltyRewards, valueMask } from './kl-penalty-rewards.ts';
import type { KlPenaltyOptions } from './kl-penalty-rewards.ts';
import { ppoPolicyLoss } from './ppo-policy-loss.ts';
import { ppoValueLoss } from './ppo-value-loss.ts';
import {
  addToMoments,
  checkScoreShaping,
  deviationOf,
  NO_MOMENTS,
  shapeScores,
} from './score-shaping.ts';

beforeAll(() => useBackend('cpu'));

type Rows = number[][];
interface Recorded {
  logprobs: Rows;
  referenceLogprobs: Rows;
  distributions: Rows[];
  referenceDistributions: Rows[];
  values: Rows;
  scores: number[];
  newLogprobs: Rows;
  newValues: Rows;
  completionMask: Rows;
  cases: {
    options: KlPenaltyOptions & { whitenRewards: boolean; gamma: number; lambda: number };
    kl: Rows;
    rewards: Rows;
    advantages: Rows;
    returns: Rows;
    policyLoss: number;
    valueLoss: number;
    policyKl: number;
    approxKl: number;
    logprobGradient: Rows;
    valueGradient: Rows;
  }[];
  controller: {
    initial: number;
    target: number;
    horizon: number;
    samples: number;
    steps: { kl: number; value: number }[];
  };
  moments: { scores: number[]; mean: number; std: number }[];
}

const recorded = fixture<Recorded>('trl-ppo-classic');
const mask = () => tf.tensor2d(recorded.completionMask, undefined, 'int32');

function wholeKl() {
  const now = tf.tensor3d(recorded.distributions);
  const frozen = tf.tensor3d(recorded.referenceDistributions);
  return tf.sum(tf.mul(tf.exp(now), tf.sub(now, frozen)), -1);
}

describe.each(recorded.cases)('classic PPO with $options.klEstimator', (one) => {
  const { options } = one;

  it('has the same penalties, rewards, advantages and returns', () => {
    const input = {
      policy: tf.tensor2d(recorded.logprobs),
      reference: tf.tensor2d(recorded.referenceLogprobs),
      completionMask: mask(),
      scores: tf.tensor1d(recorded.scores),
      fullKl: wholeKl(),
    };
    const { kl, rewards } = klPenaltyRewards(input, options);
    expectClose(kl, one.kl.flat());
    expectClose(rewards, one.rewards.flat());
    const valued = tf.cast(valueMask(mask(), 'last'), 'float32');
    const final = options.whitenRewards ? whiten(rewards, valued, { shiftMean: false }) : rewards;
    const result = gae(final, tf.mul(tf.tensor2d(recorded.values), valued), options);
    expectClose(tf.mul(result.returns, valued), one.returns.flat());
    expectClose(whiten(result.advantages, valued), one.advantages.flat());
  });

  it('has the same losses and gradients', () => {
    const logprobs = tf.variable(tf.tensor2d(recorded.newLogprobs));
    const values = tf.variable(tf.tensor2d(recorded.newValues));
    const kept = tf.cast(mask(), 'float32');
    const { value, grads } = valueAndGrads(() => {
      const policy = ppoPolicyLoss(logprobs, {
        oldLogprobs: tf.tensor2d(recorded.logprobs),
        advantages: tf.tensor2d(one.advantages),
        completionMask: mask(),
      });
      const critic = ppoValueLoss(values, {
        oldValues: tf.mul(tf.tensor2d(recorded.values), kept),
        returns: tf.tensor2d(one.returns),
        valueMask: mask(),
      });
      const { policyKl, approxKl } = policy;
      const metrics = { policy: policy.loss, value: critic.loss, policyKl, approxKl };
      return { loss: tf.add(policy.loss, tf.mul(critic.loss, 0.1)), metrics };
    }, [logprobs, values]);
    expectClose(value.metrics.policy, [one.policyLoss]);
    expectClose(value.metrics.value, [one.valueLoss]);
    expectClose(value.metrics.policyKl, [one.policyKl]);
    expectClose(value.metrics.approxKl, [one.approxKl]);
    expectClose(grads[0]!, one.logprobGradient.flat());
    expectClose(grads[1]!, one.valueGradient.flat());
    for (const variable of [logprobs, values]) variable.dispose();
  });
});

describe('klPenaltyRewards', () => {
  it("asks for the whole divergence where 'full' needs it", () => {
    const zeros = tf.zeros([1, 2]);
    const input = { policy: zeros, reference: zeros, completionMask: zeros, scores: tf.zeros([1]) };
    expect(() => klPenaltyRewards(input, { klEstimator: 'full' })).toThrow(
      "klPenaltyRewards: fullKl: expected a tensor beside klEstimator 'full', got none.",
    );
  });
});

describe('KlController', () => {
  it("moves as TRL's, and stays where it is without a target", () => {
    const { initial, target, horizon, samples, steps } = recorded.controller;
    const controller = new KlController(initial, { target, horizon });
    const constant = new KlController(initial);
    for (const { kl, value } of steps) {
      controller.update(kl, samples);
      constant.update(kl, samples);
      expectClose([controller.value], [value], 1e-9);
    }
    expect(constant.value).toBe(initial);
    expect(() => new KlController(0.1, { target: 0 })).toThrow('adaptiveKl: expected a target');
  });
});

describe('score shaping', () => {
  it("has TRL's running moments", () => {
    let moments = NO_MOMENTS;
    for (const { scores, mean, std } of recorded.moments) {
      moments = addToMoments(moments, scores);
      expectClose([moments.mean, deviationOf(moments)], [mean, std]);
    }
  });

  it('scales, centres and clips', () => {
    const scores = Float32Array.from([1, 3, 8]); // mean 4, deviation √13
    const moments = addToMoments(NO_MOMENTS, scores);
    const shaped = (options: Parameters<typeof shapeScores>[2]) =>
      Array.from(shapeScores(scores, moments, options));
    const deviation = Math.sqrt(13);
    expect(shaped({})).toEqual([1, 3, 8]);
    expectClose(shaped({ scaleScores: true }), [1 / deviation, 3 / deviation, 8 / deviation]);
    expectClose(shaped({ scaleScores: true, centreScores: true, scoreClip: 1 }), [
      -3 / deviation,
      -1 / deviation,
      1,
    ]);
    expect(() => checkScoreShaping({ centreScores: true })).toThrow('expected scaleScores');
    expect(() => checkScoreShaping({ scoreClip: 0 })).toThrow('scoreClip: expected a number above');
  });
});
