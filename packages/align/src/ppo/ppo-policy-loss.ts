// PPO's clipped surrogate (Schulman et al. 2017, arXiv 1707.06347, eq. 7): improve the policy, but gain nothing from
// moving a token's probability further than the clip range away from what it was when it was sampled.
// As TRL 0.29, except that approxKl and the ratio are averaged over the answer's tokens only.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { maskedMean } from '../masking/masked-mean.ts';

export interface PpoPolicyInput {
  /** log π_old of the sampled tokens, [B, T]. */
  readonly oldLogprobs: Tensor;
  /** [B, T] */
  readonly advantages: Tensor;
  /** 1 for the answer's tokens, [B, T]. */
  readonly completionMask: Tensor;
}

export interface PpoPolicyResult {
  /** Mean over the answer's tokens of max(−A·ρ, −A·clip(ρ, 1 ± clipRange)). */
  readonly loss: Tensor;
  /** Share of tokens whose clipped term was the larger. */
  readonly clipFraction: Tensor;
  /** Mean of ½(log π − log π_old)². */
  readonly approxKl: Tensor;
  /** Mean of log π_old − log π. */
  readonly policyKl: Tensor;
  /** Mean of ρ = π / π_old. */
  readonly ratio: Tensor;
}

/** @param logprobs log π of the sampled tokens now, [B, T] @returns scalars; the caller owns them */
export function ppoPolicyLoss(
  logprobs: Tensor,
  input: PpoPolicyInput,
  options: { clipRange?: number } = {},
): PpoPolicyResult {
  const { clipRange = 0.2 } = options;
  return tf.tidy(() => {
    const mask = tf.cast(input.completionMask, 'float32');
    const difference = tf.mul(tf.sub(logprobs, input.oldLogprobs), mask); // 0, so ρ = 1, past the answer
    const ratio = tf.exp(difference);
    const clipped = tf.clipByValue(ratio, 1 - clipRange, 1 + clipRange);
    const cost = tf.neg(input.advantages);
    const plain = tf.mul(cost, ratio); // [B, T]
    const limited = tf.mul(cost, clipped); // [B, T]
    return {
      loss: maskedMean(tf.maximum(plain, limited), mask),
      clipFraction: maskedMean(tf.cast(tf.greater(limited, plain), 'float32'), mask),
      approxKl: maskedMean(tf.mul(tf.square(difference), 0.5), mask),
      policyKl: maskedMean(tf.neg(difference), mask),
      ratio: maskedMean(ratio, mask),
    };
  });
}
