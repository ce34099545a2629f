// What is logged of judged answers, under TRL's names. A batch without wanted answers has nothing to say about them.
import { noGradient, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { CompletionTokens } from '../logprobs/completion-logprobs.ts';
import { meanLogits } from '../logprobs/logit-statistics.ts';
import { trainedPositions } from '../logprobs/trained-positions.ts';
import { weighted } from '../pairs/pair-metrics.ts';
import type { UnpairedBatch } from './unpaired-batch.ts';

/** `{rewards,logps,logits}/{chosen,rejected}`, `rewards/margins` and `entropy`.
 *  @param logps [batchSize] @param rewards [batchSize] */
export function unpairedMetrics(
  model: CausalLm,
  batch: UnpairedBatch,
  { tokens, logps, rewards }: { tokens: CompletionTokens; logps: Tensor; rewards: Tensor },
): Record<string, Tensor> {
  const { rows } = trainedPositions(batch);
  return noGradient(() => {
    const logits = meanLogits(model, tokens.hidden); // [N]
    const metrics: Record<string, Tensor> = { entropy: tf.mean(tokens.entropies) };
    for (const [side, isWanted] of [['chosen', true] as const, ['rejected', false] as const]) {
      if (!batch.wanted.includes(isWanted)) continue;
      const ofRows = shares(batch.wanted.map((wanted) => wanted === isWanted));
      const ofTokens = shares(Array.from(rows, (row) => batch.wanted[row] === isWanted));
      metrics[`rewards/${side}`] = weighted(rewards, ofRows);
      metrics[`logps/${side}`] = weighted(logps, ofRows);
      metrics[`logits/${side}`] = weighted(logits, ofTokens);
    }
    const { 'rewards/chosen': chosen, 'rewards/rejected': rejected } = metrics;
    if (chosen && rejected) metrics['rewards/margins'] = tf.sub(chosen, rejected);
    return metrics;
  });
}

/** Weights with which a sum is the mean over what is in. */
function shares(isIn: readonly boolean[]): Float32Array {
  const count = isIn.filter(Boolean).length;
  return Float32Array.from(isIn, (keep) => (keep ? 1 / count : 0));
}
