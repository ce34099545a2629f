// What the logits say beyond the log-probability of one token: their mean, which trainers log, and how concentrated the
// distribution is, which WPO weighs by. Both without a gradient and without all logits in memory at once.
import { noGradient, QuantizedWeight, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';

/** Floats of one chunk of logits: 64 MiB. */
const CHUNK = 2 ** 24;

/** Mean logit over the vocabulary at each position. Where the logits are a plain product with a matrix, the mean of
 *  its rows is multiplied instead: one row for V. @param hidden [N, C] @returns [N]; the caller owns it */
export function meanLogits(model: CausalLm, hidden: Tensor): Tensor {
  const weight = model.outputWeight();
  if (weight === undefined || weight instanceof QuantizedWeight) {
    return byChunk(model, hidden, (logits) => tf.mean(logits, 1));
  }
  return noGradient(() =>
    scope(() => {
      const V = weight.shape[0]!;
      const meanRow = tf.matMul(tf.fill([1, V], 1 / V), weight as tf.Tensor2D); // [1, C]
      return tf.reshape(tf.matMul(hidden as tf.Tensor2D, meanRow, false, true), [-1]);
    }),
  );
}

/** log Σ_v p_v² at each position: the logarithm of the probability that two draws agree.
 *  @param hidden [N, C] @returns [N]; the caller owns it */
export function logSumSquaredProbs(model: CausalLm, hidden: Tensor): Tensor {
  return byChunk(model, hidden, (logits) =>
    tf.sub(tf.logSumExp(tf.mul(logits, 2), 1), tf.mul(tf.logSumExp(logits, 1), 2)),
  );
}

/** @param reduce [n, V] → [n] */
function byChunk(model: CausalLm, hidden: Tensor, reduce: (logits: Tensor) => Tensor): Tensor {
  const [N, C] = hidden.shape as [number, number];
  const rows = Math.max(1, Math.floor(CHUNK / model.shape.vocabSize));
  const starts = Array.from({ length: Math.ceil(N / rows) }, (_, i) => i * rows);
  const chunk = (start: number) =>
    scope(() => reduce(model.logits(tf.slice(hidden, [start, 0], [Math.min(rows, N - start), C]))));
  return noGradient(() => scope(() => tf.concat(starts.map(chunk))));
}
