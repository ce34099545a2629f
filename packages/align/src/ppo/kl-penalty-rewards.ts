// Rewards of PPO on language: every token pays for leaving the reference, the answer's score comes at its end
// (Ziegler et al. 2019, arXiv 1909.08593). As TRL 0.29: the estimators k1 and k3 are Schulman's
// (joschu.net/blog/kl-approx.html), and the score is credited to the step after the last token where there is one.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';

export type KlEstimator = 'k1' | 'k3';

export interface KlPenaltyInput {
  /** log π of each sampled token when it was sampled, [B, T]. */
  readonly policy: Tensor;
  /** log π_ref of the same tokens, [B, T]. */
  readonly reference: Tensor;
  /** 1 for the tokens of the answer, which start at index 0, [B, T]. */
  readonly completionMask: Tensor;
  /** What the reward model, or a rule, gave each answer, [B]. */
  readonly scores: Tensor;
}

export interface KlPenaltyOptions {
  /** Price of one nat of divergence. @default 0.05 */
  klCoeff?: number;
  /** k1 = log π − log π_ref; k3 = (π_ref/π − 1) − log(π_ref/π), never negative. @default 'k1' */
  klEstimator?: KlEstimator;
}

export interface KlPenaltyRewards {
  /** −klCoeff·kl + the score at its step, [B, T]. */
  readonly rewards: Tensor;
  /** Estimated KL of each token, 0 past the answer, [B, T]. */
  readonly kl: Tensor;
  /** −klCoeff·kl, [B, T]. */
  readonly nonScoreRewards: Tensor;
}

/** r_t = −klCoeff·kl_t, plus the score at index min(length, T − 1). @returns the caller owns them */
export function klPenaltyRewards(
  input: KlPenaltyInput,
  options: KlPenaltyOptions = {},
): KlPenaltyRewards {
  const { klCoeff = 0.05, klEstimator = 'k1' } = options;
  const T = input.policy.shape[1] ?? 0;
  return tf.tidy(() => {
    const mask = tf.cast(input.completionMask, 'float32');
    const kl = tf.mul(ESTIMATORS[klEstimator](input.policy, input.reference), mask);
    const nonScoreRewards = tf.mul(kl, -klCoeff);
    const lengths = tf.sum(mask, 1); // [B]
    const scoreStep = tf.cast(tf.minimum(lengths, T - 1), 'int32'); // [B]
    const atStep = tf.cast(tf.oneHot(scoreStep, T), 'float32'); // [B, T]
    const rewards = tf.add(nonScoreRewards, tf.mul(atStep, tf.expandDims(input.scores, 1)));
    return { rewards: rewards, kl, nonScoreRewards };
  });
}

const ESTIMATORS = {
  k1: (policy: Tensor, reference: Tensor): Tensor => tf.sub(policy, reference),
  k3: (policy: Tensor, reference: Tensor): Tensor => {
    const logRatio = tf.sub(reference, policy);
    return tf.sub(tf.expm1(logRatio), logRatio);
  },
} satisfies Record<KlEstimator, unknown>;

/** The steps that have a value: those of the answer and one more, which carries the score (TRL's padding_mask_p1
 *  with the polarity turned round). @param completionMask [B, T] int32 @returns [B, T] int32 */
export function valueMask(completionMask: Tensor): Tensor {
  const [B = 0, T = 0] = completionMask.shape;
  return tf.tidy(() =>
    tf.concat([tf.ones([B, 1], 'int32'), tf.slice(completionMask, [0, 0], [B, T - 1])], 1),
  );
}
