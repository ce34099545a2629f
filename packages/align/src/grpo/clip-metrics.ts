// How often a ratio was clipped, under TRL's names.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { maskedMean } from '../masking/masked-mean.ts';

interface Clipped {
  /** [B, T], or one for each completion, [B, 1]. */
  readonly ratio: Tensor;
  /** [B, 1] */
  readonly advantages: Tensor;
  readonly mask: Tensor;
}

/** Shares of tokens (or completions), and the smallest and largest share of a completion. Scalars. */
export function clipMetrics(
  { ratio, advantages, mask }: Clipped,
  { clipRange, clipRangeHigh }: { readonly clipRange: number; readonly clipRangeHigh: number },
): Record<string, Tensor> {
  const isBad = tf.less(advantages, 0);
  const isGood = tf.greater(advantages, 0);
  const low = share(tf.logicalAnd(tf.less(ratio, 1 - clipRange), isBad), mask);
  const high = share(tf.logicalAnd(tf.greater(ratio, 1 + clipRangeHigh), isGood), mask);
  return {
    'clip_ratio/low_mean': low.mean,
    'clip_ratio/low_min': tf.min(low.rows),
    'clip_ratio/high_mean': high.mean,
    'clip_ratio/high_max': tf.max(high.rows),
    'clip_ratio/region_mean': tf.add(low.mean, high.mean),
  };
}

function share(isClipped: Tensor, mask: Tensor): { mean: Tensor; rows: Tensor } {
  const clipped = tf.cast(isClipped, 'float32');
  if (clipped.shape[1] === 1) return { mean: tf.mean(clipped), rows: clipped };
  const lengths = tf.maximum(tf.sum(mask, -1), 1);
  return {
    mean: maskedMean(clipped, mask),
    rows: tf.div(tf.sum(tf.mul(clipped, mask), -1), lengths),
  };
}
