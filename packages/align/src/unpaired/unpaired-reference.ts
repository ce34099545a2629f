// The reference's log-probabilities of judged answers, computed with each batch or beforehand.
import { noGradient, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { TokenBatch } from '../data/collate.ts';
import { chunks, referenceSums } from '../dpo/reference.ts';
import type { PrecomputeOptions, Reference } from '../dpo/reference.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';
import { collateUnpaired } from './unpaired-batch.ts';
import type { PreparedUnpaired, UnpairedBatch } from './unpaired-batch.ts';

/** Computes log π_ref of all completions, and of the mismatched ones where there are, under `model` as it is now. */
export function precomputeUnpairedReference(
  model: CausalLm,
  examples: readonly PreparedUnpaired[],
  { batchSize = 8, padTokenId }: Omit<PrecomputeOptions, 'ldAlpha'> = {},
): PreparedUnpaired[] {
  const sums = (batch: TokenBatch) => scope(() => referenceSums(model, model, batch).dataSync());
  return inEvalMode(model, () =>
    chunks(examples, batchSize).flatMap((rows) => {
      const batch = collateUnpaired(rows, padTokenId);
      const completion = sums(batch);
      const mismatched = batch.mismatched && sums(batch.mismatched);
      return rows.map((row, i) => ({
        ...row,
        referenceLogprobs: {
          completion: completion[i]!,
          ...(mismatched && { mismatched: mismatched[i]! }),
        },
      }));
    }),
  );
}

/** Examples with their reference log-probabilities, unless a reference runs with each batch or they are there. */
export function referencedUnpaired(
  examples: readonly PreparedUnpaired[],
  options: Omit<PrecomputeOptions, 'ldAlpha'> & {
    readonly model: CausalLm;
    readonly reference?: Reference;
  },
): readonly PreparedUnpaired[] {
  const isReady = examples.every((example) => example.referenceLogprobs !== undefined);
  if (options.reference || isReady) return examples;
  return precomputeUnpairedReference(options.model, examples, options);
}

/** log π_ref of the rows of `which`, [batchSize], without a gradient. */
export function unpairedReference(
  batch: UnpairedBatch,
  which: 'completion' | 'mismatched',
  { model, reference }: { readonly model: CausalLm; readonly reference?: Reference },
): Tensor {
  const rows = which === 'completion' ? batch : batch.mismatched!;
  if (reference) return noGradient(() => referenceSums(model, reference, rows));
  return tf.tensor1d(batch.referenceLogprobs![which]!);
}
