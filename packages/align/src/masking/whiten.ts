// Whitening: mean 0 and variance 1 over the positions that count. As TRL 0.29's masked_whiten: the variance is
// unbiased (n − 1) and 1e-8 is added to it before the square root.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { maskedMean } from './masked-mean.ts';

export interface WhitenOptions {
  /** false keeps the mean and changes only the scale (for rewards, whose sign means something). @default true */
  shiftMean?: boolean;
}

/** (x − μ) / √(σ² + 1e-8), [+ μ]. With one position or none there is no variance: values come back centred only.
 *  @param values any shape, float32 @param mask same shape, 1 = counts
 *  @returns same shape; 0 where the mask is 0 */
export function whiten<T extends Tensor>(values: T, mask: Tensor, options: WhitenOptions = {}): T {
  const { shiftMean = true } = options;
  return tf.tidy(() => {
    const keep = tf.cast(mask, 'float32');
    const count = tf.sum(keep);
    const mean = maskedMean(values, keep);
    const centred = tf.sub(values, mean);
    const unbiased = tf.div(count, tf.maximum(tf.sub(count, 1), 1));
    const variance = tf.mul(maskedMean(tf.square(centred), keep), unbiased);
    const whitened = tf.mul(centred, tf.rsqrt(tf.add(variance, 1e-8)));
    const shifted = shiftMean ? whitened : tf.add(whitened, mean);
    return tf.mul(shifted, keep) as T;
  });
}
