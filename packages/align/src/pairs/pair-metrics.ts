// What is logged of a batch of pairs, under TRL's names.
import { noGradient, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { PairBatch } from '../data/collate.ts';
import type { PairOf } from '../dpo/losses/pair-loss.ts';
import type { CompletionTokens } from '../logprobs/completion-logprobs.ts';
import { meanLogits } from '../logprobs/logit-statistics.ts';
import { meanOverRows } from './pair-batch.ts';

export interface ScoredPairs {
  /** Log-probabilities as the loss took them (summed, or averaged over tokens), each [B]. */
  readonly logps: PairOf<Tensor>;
  /** Implicit rewards, each [B]. */
  readonly rewards: PairOf<Tensor>;
}

/** `rewards/{chosen,rejected,accuracies,margins}` and `logps/{chosen,rejected}`. */
export function rewardMetrics({ logps, rewards }: ScoredPairs): Record<string, Tensor> {
  const { chosen, rejected } = rewards;
  return noGradient(() => ({
    'rewards/chosen': tf.mean(chosen),
    'rewards/rejected': tf.mean(rejected),
    'rewards/accuracies': tf.mean(tf.cast(tf.greater(chosen, rejected), 'float32')),
    'rewards/margins': tf.mean(tf.sub(chosen, rejected)),
    'logps/chosen': tf.mean(logps.chosen),
    'logps/rejected': tf.mean(logps.rejected),
  }));
}

/** `entropy`, `logits/{chosen,rejected}` (mean over vocabulary and completion tokens) and `mean_token_accuracy` of the
 *  chosen answers. */
export function tokenMetrics(
  model: CausalLm,
  batch: PairBatch,
  tokens: CompletionTokens,
): Record<string, Tensor> {
  const { pairs } = batch;
  const chosen = meanOverRows(batch, 0, pairs);
  const rejected = meanOverRows(batch, pairs, 2 * pairs);
  return noGradient(() => {
    const logits = meanLogits(model, tokens.hidden);
    return {
      entropy: tf.mean(tokens.entropies),
      'logits/chosen': weighted(logits, chosen),
      'logits/rejected': weighted(logits, rejected),
      mean_token_accuracy: weighted(tokens.hits, chosen),
    };
  });
}

/** Σ weight · value, a scalar. @param values [N] */
export function weighted(values: Tensor, weights: Float32Array): Tensor {
  return tf.tidy(() => tf.sum(tf.mul(values, tf.tensor1d(weights))));
}
