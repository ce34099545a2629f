// AOT, Melnyk et al. 2024 (2406.05882): the distribution of the chosen rewards shall lie above that of the rejected
// ones, quantile by quantile. Sorting both sides pairs the quantiles.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { smoothedLogistic } from './margin-losses.ts';
import type { PairLoss } from './pair-loss.ts';

/** On the margins of policy and reference, both sorted. */
export const aot: PairLoss = ({ policy, reference }, { beta, labelSmoothing }) => {
  const ours = sorted(tf.sub(policy.chosen, policy.rejected));
  const theirs = sorted(tf.sub(reference.chosen, reference.rejected));
  return smoothedLogistic(tf.mul(tf.sub(ours, theirs), beta), labelSmoothing);
};

/** On the log-ratios of chosen and rejected answers, each sorted for itself: the pairing is not used. */
export const aotUnpaired: PairLoss = ({ ratios }, { beta, labelSmoothing }) => {
  const delta = tf.sub(sorted(ratios.chosen), sorted(ratios.rejected));
  return smoothedLogistic(tf.mul(delta, beta), labelSmoothing);
};

/** Ascending, with a gradient. @param values [B] */
function sorted(values: Tensor): Tensor {
  const numbers = values.dataSync();
  const order = Int32Array.from(numbers, (_, i) => i).sort((a, b) => numbers[a]! - numbers[b]!);
  return tf.gather(values, tf.tensor1d(order, 'int32'));
}
