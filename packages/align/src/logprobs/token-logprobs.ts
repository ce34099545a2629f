// Log-probabilities of given tokens under a model's logits.
//
// Logits at position t predict token t + 1. The labels are shifted rather than the logits, which would copy the
// largest array there is.
import { logProbs, ShapeError, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';

export interface LogprobOptions {
  /** Logits are divided by it first, as they were when the tokens were sampled. @default 1 */
  temperature?: number;
}

/** log p(token t+1 | tokens ≤ t).
 *  @param logits [B, T, V] float32
 *  @param labels [B, T] int32, aligned with the inputs; −100 = does not count
 *  @returns [B, T − 1] float32, 0 where the label is −100; the caller owns it */
export function tokenLogprobs(
  logits: Tensor,
  labels: Tensor,
  options: LogprobOptions = {},
): Tensor {
  const { temperature = 1 } = options;
  const [B = 0, T = 0] = logits.shape;
  if (labels.shape[0] !== B || labels.shape[1] !== T) {
    throw new ShapeError(
      `tokenLogprobs: labels: expected [${B}, ${T}], got [${labels.shape.join(', ')}]. ` +
        'Give one label for each position of the logits.',
    );
  }
  return tf.tidy(() => {
    const next = tf.slice(labels, [0, 1], [B, T - 1]); // [B, T-1]
    const shifted = tf.concat([next, tf.fill([B, 1], -100, 'int32')], 1); // [B, T]
    const scaled = temperature === 1 ? logits : tf.div(logits, temperature);
    return tf.slice(logProbs(scaled, shifted), [0, 0], [B, T - 1]);
  });
}

/** Σ_t of tokenLogprobs: log p(completion | prompt). @returns [B] */
export function sequenceLogprobs(
  logits: Tensor,
  labels: Tensor,
  options: LogprobOptions = {},
): Tensor {
  return tf.tidy(() => tf.sum(tokenLogprobs(logits, labels, options), 1));
}
