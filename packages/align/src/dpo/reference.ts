// Where DPO's reference log-probabilities come from. The reference is the policy before training; what differs is
// how much memory that costs:
//   a frozen copy             a second model in memory, one more forward pass a batch
//   the base of an adapter    no second model: the adapter is switched off for one more forward pass
//   precomputed               no second model: one pass over the data before training, two numbers kept for a pair
import { noGradient, scope } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { collatePairs } from '../data/collate.ts';
import type { PairBatch } from '../data/collate.ts';
import type { PreferenceExample } from '../data/tokenize-preferences.ts';
import { completionSums } from '../logprobs/completion-logprobs.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';

/** Runs `fn` with the policy's adapter switched off; @llm/peft's disableAdapters, bound to the model. */
export type WithoutAdapter = <T>(fn: () => T) => T;

/** A frozen model, or the policy without its adapter. */
export type Reference = CausalLm | WithoutAdapter;

/** log π_ref of each row, [2B], without a gradient; the caller owns it. */
export function referenceSums(policy: CausalLm, reference: Reference, batch: PairBatch): Tensor {
  return noGradient(() =>
    typeof reference === 'function'
      ? reference(() => completionSums(policy, batch))
      : completionSums(reference, batch),
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
}

/** Computes the reference log-probabilities of all pairs under `model` as it is now. */
export function precomputeReference(
  model: CausalLm,
  examples: readonly PreferenceExample[],
  options: PrecomputeOptions = {},
): ReferencedExample[] {
  const { batchSize = 8, padTokenId } = options;
  return inEvalMode(model, () =>
    chunks(examples, batchSize).flatMap((rows) => {
      const batch = collatePairs(rows, { padTokenId });
      const sums = scope(() => completionSums(model, batch).dataSync());
      return rows.map((row, i) => ({
        ...row,
        referenceLogprobs: { chosen: sums[i]!, rejected: sums[rows.length + i]! },
      }));
    }),
  );
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, i) => items.slice(i * size, (i + 1) * size));
}
