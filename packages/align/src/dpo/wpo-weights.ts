// WPO, Zhou et al. 2024 (arXiv 2406.11827): answers that the policy itself would hardly write say little about it, so
// off-policy pairs are weighted by how likely both their answers are.
import { noGradient, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { PairBatch } from '../data/collate.ts';
import { sumByRow } from '../logprobs/completion-logprobs.ts';
import type { CompletionTokens } from '../logprobs/completion-logprobs.ts';
import { logSumSquaredProbs } from '../logprobs/logit-statistics.ts';
import { completionCounts, pairOf } from '../pairs/pair-batch.ts';

/** exp of the mean over tokens of log p(token) − log Σ_v p(v)², of the chosen answer times that of the rejected one:
 *  eq. 2, with the alignment that makes a distribution's own samples weigh about 1.
 *  @returns [B], without a gradient; the caller owns it */
export function wpoWeights(model: CausalLm, batch: PairBatch, tokens: CompletionTokens): Tensor {
  return noGradient(() =>
    scope(() => {
      const aligned = tf.sub(tokens.logprobs, logSumSquaredProbs(model, tokens.hidden)); // [N]
      return weightsOf(sumByRow(aligned, batch), tf.tensor1d(completionCounts(batch)));
    }),
  );
}

/** The weights of pairs. @param sums of each row's aligned log-probabilities, [2B] @param counts its tokens, [2B] */
export function weightsOf(sums: Tensor, counts: Tensor): Tensor {
  const { chosen, rejected } = pairOf(tf.exp(tf.div(sums, tf.maximum(counts, 1))));
  return tf.mul(chosen, rejected);
}
