// The loss of supervised fine-tuning: negative log-likelihood of the completion's tokens.
//
// Token-weighted, as TRL 1.16: the sum over trained tokens is divided by the trained tokens of the whole optimizer
// step, so a token weighs the same whether its batch is long or short, or the step is split in micro-batches.
// A mean of means would favour the tokens of short batches.
import { stopGradient, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';

/** What one token contributes, given log p of it. */
const TOKEN_LOSSES = Object.freeze({
  /** −log p */
  nll: (logprobs: Tensor): Tensor => tf.neg(logprobs),
  /** −p·log p with the weight p held constant: dynamic fine-tuning (arXiv 2508.05629) */
  dft: (logprobs: Tensor): Tensor => tf.mul(tf.neg(logprobs), stopGradient(tf.exp(logprobs))),
});
export type SftLossType = keyof typeof TOKEN_LOSSES;

export interface SftLossOptions {
  /** Tokens to divide by. @default the trained tokens of this call, at least 1 */
  numItems?: number;
  /** @default 'nll' */
  lossType?: SftLossType;
}

/** Σ −log p / numItems.
 *  @param logprobs any shape
 *  @param mask same shape, 1 = counts; without it all count
 *  @returns scalar; the caller owns it */
export function sftLoss(logprobs: Tensor, mask?: Tensor, options: SftLossOptions = {}): Tensor {
  const { numItems, lossType = 'nll' } = options;
  return tf.tidy(() => {
    const keep = mask ? tf.cast(mask, 'float32') : tf.onesLike(logprobs);
    const sum = tf.sum(tf.mul(TOKEN_LOSSES[lossType](logprobs), keep));
    return tf.div(sum, numItems ?? tf.maximum(tf.sum(keep), 1));
  });
}
