// Which tokens teach, beside those that are padding.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';

/** 1 for the tokens whose distribution has the highest entropy: those at or above the 1 − share quantile (Wang et
 *  al. 2025, arXiv 2506.01939: forks of the text teach the most).
 *  @param entropies [B, T] @param mask [B, T] @param share in [0, 1]
 *  @returns [B, T] float32; the caller owns it */
export function highEntropyMask(entropies: Tensor, mask: Tensor, share: number): Tensor {
  const values = entropies.dataSync();
  const keep = mask.dataSync();
  const known = values.filter((_, i) => keep[i] === 1) as Float32Array;
  const threshold = known.length === 0 ? Infinity : quantile(known, 1 - share);
  const chosen = Float32Array.from(values, (value, i) =>
    keep[i] === 1 && value >= threshold ? 1 : 0,
  );
  return tf.tensor(chosen, entropies.shape);
}

/** Linear between neighbours, in float32 as torch.quantile. */
function quantile(values: Float32Array, share: number): number {
  const sorted = values.toSorted();
  const rank = Math.fround(Math.fround(share) * (sorted.length - 1));
  const [low, high] = [sorted[Math.floor(rank)]!, sorted[Math.ceil(rank)]!];
  const weight = Math.fround(rank - Math.floor(rank));
  return Math.fround(low + Math.fround(weight * Math.fround(high - low)));
}

/** 0 for completions that are bad and that the policy has already left: A < 0 and mean (log π_old − log π) above
 *  the threshold (DeepSeek-V3.2, arXiv 2512.02556). @returns [B, 1] float32; the caller owns it */
export function offPolicyMask(
  terms: { readonly logRatio: Tensor; readonly advantages: Tensor; readonly mask: Tensor },
  threshold: number,
): Tensor {
  return tf.tidy(() => {
    const { logRatio, advantages, mask } = terms;
    const lengths = tf.maximum(tf.sum(mask, 1, true), 1);
    const kl = tf.div(tf.sum(tf.mul(tf.neg(logRatio), mask), 1, true), lengths); // [B, 1]
    const keep = tf.logicalOr(tf.greaterEqual(advantages, 0), tf.lessEqual(kl, threshold));
    return tf.cast(keep, 'float32');
  });
}
