// A batch of judged answers, and the mismatched pairs by which KTO measures how far the policy has gone.
//
// An estimate of KL(π ‖ π_ref) must not come from the answers that are being pushed up and down. So each prompt is also
// read with the answer of the row before it (Ethayarajh et al. 2024, section 4.1; TRL rotates completions by one).
import { collate, joined } from '../data/collate.ts';
import type { TokenBatch } from '../data/collate.ts';
import type { UnpairedExample } from '../data/tokenize-unpaired.ts';
import { chunks } from '../dpo/reference.ts';
import { ConfigError } from '../errors.ts';

/** A judged answer with what trainers add to it. */
export interface PreparedUnpaired extends UnpairedExample {
  /** Another row's completion; only KTO needs it. */
  readonly mismatchedIds?: readonly number[];
  /** log π_ref of the completion, and of the mismatched one. */
  readonly referenceLogprobs?: { readonly completion: number; readonly mismatched?: number };
}

export interface UnpairedBatch extends TokenBatch {
  /** true: wanted; [batchSize]. */
  readonly wanted: readonly boolean[];
  /** Factors of the losses, [batchSize]. */
  readonly lossWeights: readonly number[];
  /** The prompts with other rows' completions. */
  readonly mismatched?: TokenBatch;
  /** log π_ref, [batchSize] each, when precomputed. */
  readonly referenceLogprobs?: {
    readonly completion: Float32Array;
    readonly mismatched?: Float32Array;
  };
}

/** Gives each row the completion of the row before it within groups of `size` rows, the first one that of the last.
 *  @throws ConfigError for fewer than two rows: a row cannot be its own mismatch */
export function withMismatches(rows: readonly UnpairedExample[], size: number): PreparedUnpaired[] {
  if (rows.length < 2 || size < 2) {
    throw new ConfigError(
      `trainKto: batchSize: expected at least 2 rows to mix, got ${Math.min(rows.length, size)}. ` +
        'The kto loss measures the KL on mismatched pairs; take lossType apoZeroUnpaired for single rows.',
    );
  }
  const groups = chunks(rows, size);
  if (groups.at(-1)!.length === 1) groups.splice(-2, 2, [...groups.at(-2)!, ...groups.at(-1)!]);
  return groups.flatMap((group) =>
    group.map((row, i) => ({
      ...row,
      mismatchedIds: group.at(i - 1)!.completionIds, // at(−1) is the last
    })),
  );
}

/** Prompts with their completions, and with the mismatched ones where all rows have one. */
export function collateUnpaired(
  rows: readonly PreparedUnpaired[],
  padTokenId?: number,
): UnpairedBatch {
  const others = rows.flatMap((row) =>
    row.mismatchedIds ? [joined(row.promptIds, row.mismatchedIds)] : [],
  );
  const references = rows.flatMap((row) => (row.referenceLogprobs ? [row.referenceLogprobs] : []));
  const isKnown = references.length === rows.length;
  const hasOthers = others.length === rows.length;
  return {
    ...collate(
      rows.map((row) => joined(row.promptIds, row.completionIds)),
      { padTokenId },
    ),
    wanted: rows.map((row) => row.label),
    lossWeights: rows.map((row) => row.weight ?? 1),
    ...(hasOthers && { mismatched: collate(others, { padTokenId }) }),
    ...(isKnown && {
      referenceLogprobs: {
        completion: Float32Array.from(references, ({ completion }) => completion),
        ...(hasOthers && {
          mismatched: Float32Array.from(references, ({ mismatched }) => mismatched ?? NaN),
        }),
      },
    }),
  };
}
