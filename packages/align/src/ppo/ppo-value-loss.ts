// The critic's loss: squared error to the returns, with the new value clipped to the old one ± the clip range, and
// the worse of the two counted (Schulman's baselines; TRL 0.29).
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { maskedMean } from '../masking/masked-mean.ts';

export interface PpoValueInput {
  /** V when the answers were sampled, [B, T]. */
  readonly oldValues: Tensor;
  /** [B, T] */
  readonly returns: Tensor;
  /** 1 for the steps that have a value (see valueMask), [B, T]. */
  readonly valueMask: Tensor;
}

/** ½·mean max((V − R)², (clip(V, V_old ± clipRangeValue) − R)²).
 *  @param values V now, [B, T] @returns scalars; the caller owns them */
export function ppoValueLoss(
  values: Tensor,
  input: PpoValueInput,
  options: { clipRangeValue?: number } = {},
): { loss: Tensor; clipFraction: Tensor } {
  const { clipRangeValue = 0.2 } = options;
  const { oldValues, returns } = input;
  return tf.tidy(() => {
    const mask = tf.cast(input.valueMask, 'float32');
    const lowest = tf.sub(oldValues, clipRangeValue);
    const highest = tf.add(oldValues, clipRangeValue);
    const clipped = tf.minimum(tf.maximum(values, lowest), highest);
    const plain = tf.square(tf.sub(values, returns)); // [B, T]
    const limited = tf.square(tf.sub(clipped, returns)); // [B, T]
    return {
      loss: tf.mul(maskedMean(tf.maximum(plain, limited), mask), 0.5),
      clipFraction: maskedMean(tf.cast(tf.greater(limited, plain), 'float32'), mask),
    };
  });
}
