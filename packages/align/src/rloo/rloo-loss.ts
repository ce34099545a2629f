// REINFORCE leave-one-out with PPO's clip, over whole completions: a completion is one action (Ahmadian et al. 2024,
// arXiv 2402.14740). Equal to TRL 1.16's RLOOTrainer in value and gradient.
import { noGradient, ShapeError, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { clipMetrics } from '../grpo/clip-metrics.ts';

export interface RlooOptions {
  /** ε: how far below 1 the ratio still counts. TRL's epsilon. @default 0.2 */
  clipRange?: number;
  /** How far above 1. TRL's epsilon_high. @default clipRange */
  clipRangeHigh?: number;
}

export interface RlooInput {
  /** log π of each completion when it was sampled, [B]. */
  readonly oldLogprobs: Tensor;
  /** [B] */
  readonly advantages: Tensor;
}

/** mean of −min(ρA, clip(ρ, 1−ε, 1+ε_h)A), ρ = π/π_old of whole completions.
 *  @param logprobs log π of each completion now, [B] @returns scalars; the caller owns them */
export function rlooLoss(
  logprobs: Tensor,
  input: RlooInput,
  options: RlooOptions = {},
): { loss: Tensor; metrics: Record<string, Tensor> } {
  const { clipRange = 0.2, clipRangeHigh = clipRange } = options;
  for (const [name, { shape }] of Object.entries(input)) {
    if (String(shape) === String(logprobs.shape)) continue;
    throw new ShapeError(
      `rlooLoss: ${name}: expected [${logprobs.shape.join(', ')}], got [${(shape as number[]).join(', ')}]. ` +
        'Give one value for each completion.',
    );
  }
  return tf.tidy(() => {
    const { oldLogprobs, advantages } = input;
    const ratio = tf.exp(tf.sub(logprobs, oldLogprobs)); // [B]
    const clipped = tf.clipByValue(ratio, 1 - clipRange, 1 + clipRangeHigh);
    const gains = tf.minimum(tf.mul(ratio, advantages), tf.mul(clipped, advantages));
    const column = (values: Tensor) => tf.expandDims(values, 1);
    const metrics = noGradient(() =>
      clipMetrics(
        { ratio: column(ratio), advantages: column(advantages), mask: tf.onesLike(column(ratio)) },
        { clipRange, clipRangeHigh },
      ),
    );
    return { loss: tf.neg(tf.mean(gains)), metrics };
  });
}
