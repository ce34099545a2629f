// Rewards of PPO on language: every token pays for leaving the reference, the answer's score comes at its end
// (Ziegler et al. 2019, arXiv 1909.08593). As TRL 0.29: the estimators k1 and k3 are Schulman's
// (joschu.net/blog/kl-approx.html), and the score is credited to the step after the last token where there is one.
// The classic PPO of TRL 0.11 is here too: its penalties abs, mse and full, and the score at the last token.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { ConfigError } from '../errors.ts';

export type KlEstimator = 'k1' | 'k3' | 'abs' | 'mse' | 'full';

/** Where an answer's score is credited: at the step after its last token (TRL 0.29), or at that token (TRL 0.11). */
export type ScorePlace = 'after' | 'last';

export interface KlPenaltyInput {
  /** log π of each sampled token when it was sampled, [B, T]. */
  readonly policy: Tensor;
  /** log π_ref of the same tokens, [B, T]. */
  readonly reference: Tensor;
  /** 1 for the tokens of the answer, which start at index 0, [B, T]. */
  readonly completionMask: Tensor;
  /** What the reward model, or a rule, gave each answer, [B]. */
  readonly scores: Tensor;
  /** KL(π ‖ π_ref) of each step's whole distribution, [B, T]; needed by 'full'. */
  readonly fullKl?: Tensor | undefined;
}

export interface KlPenaltyOptions {
  /** Price of one nat of divergence. @default 0.05 */
  klCoeff?: number;
  /** With d = log π − log π_ref of the sampled token: k1 = d; k3 = (e^(−d) − 1) + d, never negative; abs = |d|;
   *  mse = ½d²; full = the divergence itself, summed over the vocabulary, which costs all logits of both models.
   *  @default 'k1' */
  klEstimator?: KlEstimator;
  /** @default 'after' */
  scorePlace?: ScorePlace;
}

export interface KlPenaltyRewards {
  /** −klCoeff·kl + the score at its step, [B, T]. */
  readonly rewards: Tensor;
  /** Estimated KL of each token, 0 past the answer, [B, T]. */
  readonly kl: Tensor;
  /** −klCoeff·kl, [B, T]. */
  readonly nonScoreRewards: Tensor;
}

/** r_t = −klCoeff·kl_t, plus the score at its step. @returns the caller owns them @throws ConfigError */
export function klPenaltyRewards(
  input: KlPenaltyInput,
  options: KlPenaltyOptions = {},
): KlPenaltyRewards {
  const { klCoeff = 0.05, klEstimator = 'k1', scorePlace = 'after' } = options;
  const T = input.policy.shape[1] ?? 0;
  return tf.tidy(() => {
    const mask = tf.cast(input.completionMask, 'float32');
    const kl = tf.mul(ESTIMATORS[klEstimator](input), mask);
    const nonScoreRewards = tf.mul(kl, -klCoeff);
    const lengths = tf.sum(mask, 1); // [B]
    const step = scorePlace === 'last' ? tf.sub(lengths, 1) : tf.minimum(lengths, T - 1);
    const atStep = tf.cast(tf.oneHot(tf.cast(step, 'int32'), T), 'float32'); // [B, T]
    const rewards = tf.add(nonScoreRewards, tf.mul(atStep, tf.expandDims(input.scores, 1)));
    return { rewards, kl, nonScoreRewards };
  });
}

const ESTIMATORS: Record<KlEstimator, (input: KlPenaltyInput) => Tensor> = {
  k1: ({ policy, reference }) => tf.sub(policy, reference),
  k3: ({ policy, reference }) => {
    const logRatio = tf.sub(reference, policy);
    return tf.sub(tf.expm1(logRatio), logRatio);
  },
  abs: ({ policy, reference }) => tf.abs(tf.sub(policy, reference)),
  mse: ({ policy, reference }) => tf.mul(tf.square(tf.sub(policy, reference)), 0.5),
  full: ({ fullKl }) => {
    if (fullKl) return fullKl;
    throw new ConfigError(
      "klPenaltyRewards: fullKl: expected a tensor beside klEstimator 'full', got none.",
    );
  },
};

/** The steps that have a value: those of the answer, and where the score is credited after them one more (TRL's
 *  padding_mask_p1 with the polarity turned round). @param completionMask [B, T] int32 @returns [B, T] int32 */
export function valueMask(completionMask: Tensor, scorePlace: ScorePlace = 'after'): Tensor {
  const [B = 0, T = 0] = completionMask.shape;
  if (scorePlace === 'last') return tf.clone(completionMask);
  return tf.tidy(() =>
    tf.concat([tf.ones([B, 1], 'int32'), tf.slice(completionMask, [0, 0], [B, T - 1])], 1),
  );
}
