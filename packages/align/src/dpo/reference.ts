// Where DPO's reference log-probabilities come from. The reference is the policy before training; what differs is
// how much memory that costs:
//   a frozen copy             a second model in memory, one more forward pass a batch
//   the base of an adapter    no second model: the adapter is switched off for one more forward pass
//   precomputed               no second model: one pass over the data before training, two numbers kept for a pair
//   none                      all zero: the policy's own likelihood is rewarded (reference-free)
import { noGradient, scope } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { collatePairs } from '../data/collate.ts';
import type { PairBatch, TokenBatch } from '../data/collate.ts';
import type { PreferenceExample } from '../data/tokenize-preferences.ts';
import { completionLogprobs, sumByRow } from '../logprobs/completion-logprobs.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';
import { sharedLengthWeights } from '../pairs/pair-batch.ts';

/** Runs `fn` with the policy's adapter switched off; @llm/peft's disableAdapters, bound to the model. */
export type WithoutAdapter = <T>(fn: () => T) => T;

/** A frozen model, or the policy without its adapter. */
export type Reference = CausalLm | WithoutAdapter;

/** log π_ref of each row, [batchSize], without a gradient; the caller owns it.
 *  @param weights of the tokens, as sumByRow takes them */
export function referenceSums(
  policy: CausalLm,
  reference: Reference,
  batch: TokenBatch,
  weights?: Float32Array,
): Tensor {
  const sums = (model: CausalLm) =>
    scope(() => sumByRow(completionLogprobs(model, batch).logprobs, batch, weights));
  return noGradient(() =>
    typeof reference === 'function' ? reference(() => sums(policy)) : sums(reference),
  );
}

/** A pair with the log-probability of both completions under the reference. */
export interface ReferencedExample extends PreferenceExample {
  readonly referenceLogprobs: { readonly chosen: number; readonly rejected: number };
}

export interface PrecomputeOptions {
  /** Pairs of one forward pass. @default 8 */
  batchSize?: number;
  /** @default 0 */
  padTokenId?: number;
  /** As trainDpo is given it. @default 1 */
  ldAlpha?: number;
}

/** Computes the reference log-probabilities of all pairs under `model` as it is now. */
export function precomputeReference(
  model: CausalLm,
  examples: readonly PreferenceExample[],
  options: PrecomputeOptions = {},
): ReferencedExample[] {
  const { batchSize = 8, padTokenId, ldAlpha } = options;
  return inEvalMode(model, () =>
    chunks(examples, batchSize).flatMap((rows) => {
      const batch = collatePairs(rows, { padTokenId });
      const sums = noGradient(() =>
        scope(() => referenceSums(model, model, batch, tokenWeights(batch, ldAlpha)).dataSync()),
      );
      return rows.map((row, i) => ({
        ...row,
        referenceLogprobs: { chosen: sums[i]!, rejected: sums[rows.length + i]! },
      }));
    }),
  );
}

/** Weights of the tokens in a completion's sum; undefined where all weigh 1. */
export function tokenWeights(batch: PairBatch, ldAlpha = 1): Float32Array | undefined {
  return ldAlpha === 1 ? undefined : sharedLengthWeights(batch, ldAlpha);
}

/** Items in groups of `size`, the last one smaller. */
export function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
