// What a language model's loss needs of its logits, without the logits: they are its largest array.
import {
  crossEntropy,
  linearCrossEntropy,
  linearTokenStatistics,
  noGradient,
  QuantizedWeight,
  scope,
  tf,
} from '@llm/tensor';
import type { CrossEntropyOptions, LinearTokenStatistics, Tensor } from '@llm/tensor';
import type { CausalLm } from './causal-lm.ts';

/**
 * crossEntropy(model.logits(hidden), labels, options). Where the logits are a plain product with a
 * matrix, they are never held as a whole (linearCrossEntropy); a model that changes them afterwards
 * (soft caps), or whose head has an adapter, computes them.
 * @param hidden [.., C], from model.hiddenStates
 * @param labels [..] int32: the token that each hidden state should predict, or ignoreIndex
 * @returns a scalar, or [..] for reduction 'none'; owned by the caller
 * @example
 * const loss = tokenLoss(model, model.hiddenStates(inputIds), labels);
 */
export function tokenLoss(
  model: CausalLm,
  hidden: Tensor,
  labels: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const weight = model.outputWeight();
  if (weight !== undefined) return linearCrossEntropy(hidden, weight, labels, options);
  return scope(() => crossEntropy(model.logits(hidden), labels, options));
}

export interface TokenStatisticsOptions extends CrossEntropyOptions {
  /** Logits are divided by it first. @default 1 */
  readonly temperature?: number;
}

/** tokenLoss with the entropy of each prediction and whether the label is the most probable token. */
export function tokenStatistics(
  model: CausalLm,
  hidden: Tensor,
  labels: Tensor,
  { temperature = 1, ...options }: TokenStatisticsOptions = {},
): LinearTokenStatistics {
  const weight = model.outputWeight();
  return scope(() => {
    if (weight === undefined || weight instanceof QuantizedWeight)
      return fromLogits(model.logits(hidden), labels, { temperature, ...options });
    const scaled = temperature === 1 ? hidden : tf.div(hidden, temperature);
    return linearTokenStatistics(scaled, weight, labels, options);
  });
}

function fromLogits(
  whole: Tensor,
  labels: Tensor,
  { temperature = 1, ...options }: TokenStatisticsOptions,
): LinearTokenStatistics {
  const logits = temperature === 1 ? whole : tf.div(whole, temperature);
  const { ignoreIndex = -100 } = options;
  const statistics = noGradient(() => {
    const counted = tf.cast(tf.notEqual(labels, tf.scalar(ignoreIndex, 'int32')), 'float32');
    const logprobs = tf.logSoftmax(logits, -1);
    const entropies = tf.neg(tf.sum(tf.mul(tf.exp(logprobs), logprobs), -1));
    const hits = tf.cast(tf.equal(tf.argMax(logits, -1), labels), 'float32');
    return { entropies: tf.mul(entropies, counted), hits: tf.mul(hits, counted) };
  });
  return { loss: crossEntropy(logits, labels, options), ...statistics };
}
