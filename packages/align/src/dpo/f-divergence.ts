// Scores from log-ratios under divergences other than the reverse KL (Wang et al. 2023, arXiv 2309.16240): with
// u = π / π_ref, the implicit reward is β·f′(u) + a constant that cancels in a pair.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { logSigmoid } from '../logprobs/log-sigmoid.ts';

export type FDivergence =
  | 'reverseKl'
  | 'forwardKl'
  | 'jsDivergence'
  /** α-divergence; 1 is the reverse KL, 0 the forward one. */
  | { readonly alpha: number };

/** e^80 is a float32 and e^89 is none. */
const LARGEST_EXPONENT = 80;

/** f′(u) of each log-ratio r = log u. @param ratios [B] @returns [B] */
export function divergenceScores(ratios: Tensor, divergence: FDivergence): Tensor {
  if (divergence === 'reverseKl') return tf.clone(ratios);
  if (divergence === 'forwardKl') return tf.tidy(() => tf.sub(1, tf.exp(tf.neg(ratios)))); // 1 − 1/u
  if (divergence === 'jsDivergence') return tf.tidy(() => tf.add(logSigmoid(ratios), Math.LN2)); // log 2u/(1+u)
  const order = divergence.alpha - 1;
  if (Math.abs(order) < 1e-6) return tf.clone(ratios);
  return tf.tidy(() => {
    const exponent = tf.minimum(tf.mul(ratios, order), LARGEST_EXPONENT);
    return tf.div(tf.sub(tf.exp(exponent), 1), order); // (u^(α−1) − 1)/(α − 1)
  });
}
