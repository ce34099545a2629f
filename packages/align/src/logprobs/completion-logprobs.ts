// Log-probabilities of a batch's completions under a model: the one place where trainers ask a model for them.
import { embedding, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { tokenStatistics } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import type { TokenBatch } from '../data/collate.ts';
import { trainedPositions } from './trained-positions.ts';
import type { LogprobOptions } from './token-logprobs.ts';

export interface CompletionLogprobs {
  /** log p of each completion token, [N]. */
  readonly logprobs: Tensor;
  /** Entropy of the distribution that each was chosen from, in nats, [N]. No gradient. */
  readonly entropies: Tensor;
  /** 1 where it is the most probable token, else 0, [N]. No gradient. */
  readonly hits: Tensor;
}

/** The completion's tokens only, all rows one after another. @returns the caller owns them */
export function completionLogprobs(
  model: CausalLm,
  batch: TokenBatch,
  options: LogprobOptions = {},
): CompletionLogprobs {
  const { positions, labels } = trainedPositions(batch);
  return scope(() => {
    return logprobsAt(model, hiddenStates(model, batch), { positions, labels }, options);
  });
}

/** Completion tokens with what predicted them. */
export interface CompletionTokens extends CompletionLogprobs {
  /** The hidden state that each token was predicted from, [N, C]. */
  readonly hidden: Tensor;
}

/** completionLogprobs with the hidden states, for what else the vocabulary has to say (logprobs/logit-statistics.ts).
 *  @returns the caller owns them */
export function completionTokens(model: CausalLm, batch: TokenBatch): CompletionTokens {
  const { positions, labels } = trainedPositions(batch);
  return scope(() => {
    const hidden = embedding(hiddenStates(model, batch), tf.tensor1d(positions, 'int32')); // [N, C]
    const ids = tf.tensor1d(labels, 'int32');
    const { loss, entropies, hits } = tokenStatistics(model, hidden, ids, { reduction: 'none' });
    return { hidden, logprobs: tf.neg(loss), entropies, hits };
  });
}

/** Mean of −log p over the completions' tokens, which costs less than the mean of completionLogprobs: the
 *  gradient needs no second product with the vocabulary's matrix. @returns the caller owns them */
export function completionLoss(
  model: CausalLm,
  batch: TokenBatch,
  { labelSmoothing = 0 }: { readonly labelSmoothing?: number } = {},
): Omit<CompletionLogprobs, 'logprobs'> & { readonly loss: Tensor } {
  const { positions, labels } = trainedPositions(batch);
  return scope(() => {
    const chosen = embedding(hiddenStates(model, batch), tf.tensor1d(positions, 'int32')); // [N, C]
    return tokenStatistics(model, chosen, tf.tensor1d(labels, 'int32'), { labelSmoothing });
  });
}

/** Log-probabilities of given labels. @param hidden [B·T, C] @param positions where each label is predicted, [N] */
export function logprobsAt(
  model: CausalLm,
  hidden: Tensor,
  { positions, labels }: { readonly positions: Int32Array; readonly labels: Int32Array },
  { temperature }: LogprobOptions = {},
): CompletionLogprobs {
  return scope(() => {
    const chosen = embedding(hidden, tf.tensor1d(positions, 'int32')); // [N, C]
    const options = { reduction: 'none', temperature } as const;
    const ids = tf.tensor1d(labels, 'int32');
    const { loss, entropies, hits } = tokenStatistics(model, chosen, ids, options);
    return { logprobs: tf.neg(loss), entropies, hits };
  });
}

/** log p(completion | prompt) of each row. @returns [B]; 0 for a row without completion; the caller owns it */
export function completionSums(
  model: CausalLm,
  batch: TokenBatch,
  options: LogprobOptions = {},
): Tensor {
  return scope(() => sumByRow(completionLogprobs(model, batch, options).logprobs, batch));
}

/** Σ over each row's completion. @param values [N], as completionLogprobs orders them
 *  @param weights of each token, [N]; all 1 without @returns [B] */
export function sumByRow(
  values: Tensor,
  batch: Pick<TokenBatch, 'labels' | 'length' | 'batchSize'>,
  weights?: ArrayLike<number>,
): Tensor {
  const { rows } = trainedPositions(batch);
  const [B, N] = [batch.batchSize, rows.length];
  const share = new Float32Array(B * N); // the weight where token n is in row b, else 0
  rows.forEach((row, n) => (share[row * N + n] = weights?.[n] ?? 1));
  return scope(() => {
    const sums = tf.matMul(tf.tensor2d(share, [B, N]), tf.reshape(values, [N, 1])); // [B, 1]
    return tf.reshape(sums, [B]);
  });
}

/** Final hidden states, flattened to [B·T, C]. */
export function hiddenStates(model: CausalLm, batch: TokenBatch): Tensor {
  return scope(() => {
    const hidden = model.hiddenStates(inputTensor(batch), maskOption(batch)); // [B, T, C]
    return tf.reshape(hidden, [batch.batchSize * batch.length, -1]);
  });
}

/** [B, T] int32. */
export function inputTensor(batch: TokenBatch): Tensor {
  return tf.tensor2d(batch.inputIds, [batch.batchSize, batch.length], 'int32');
}

/** [B, T] int32, 1 = token. */
export function attentionTensor(batch: TokenBatch): Tensor {
  return tf.tensor2d(batch.attentionMask, [batch.batchSize, batch.length], 'int32');
}

/** A causal model never sees padding on the right, so a mask is needed only for padding on the left. */
function maskOption(batch: TokenBatch): { attentionMask?: Tensor } {
  const { attentionMask, length } = batch;
  const isPaddedLeft = attentionMask.some((keep, i) => keep === 0 && i % length === 0);
  return isPaddedLeft ? { attentionMask: attentionTensor(batch) } : {};
}
