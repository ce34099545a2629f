// Means over the positions that a mask keeps. Equal to TRL 0.29's masked_mean, with the mask's polarity fixed:
// 1 = counts, everywhere in this package.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';

/** Σ values·mask / Σ mask over everything. @returns scalar; 0 (not NaN) when the mask keeps nothing */
export function maskedMean(values: Tensor, mask: Tensor): Tensor {
  return tf.tidy(() => {
    const keep = tf.cast(mask, 'float32');
    const count = tf.maximum(tf.sum(keep), 1);
    return tf.div(tf.sum(tf.mul(values, keep)), count);
  });
}

/** Σ values·mask along each row. @param values [B, T] @param mask [B, T] @returns [B] */
export function maskedSum(values: Tensor, mask: Tensor): Tensor {
  return tf.tidy(() => tf.sum(tf.mul(values, tf.cast(mask, 'float32')), 1));
}
