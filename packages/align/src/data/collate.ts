// Rows of different lengths → one rectangular batch of plain arrays.
//
// Batches are typed arrays, not tensors: nobody has to dispose them, they can be made in a worker, and which tokens
// are trained is known without reading a device. `batchTensors` turns one into tensors inside a scope.
// Equal to TRL 1.16's DataCollatorForLanguageModeling and DataCollatorForPreference; padding to the left is for
// generation.
import { IGNORE_INDEX } from '@llm/tensor';
import { DataError } from '../errors.ts';
import type { PreferenceExample } from './tokenize-preferences.ts';
import type { SftExample } from './tokenize-sft.ts';

/** A padded batch. Every array is row-major [batchSize, length] int32. */
export interface TokenBatch {
  readonly batchSize: number;
  readonly length: number;
  readonly inputIds: Int32Array;
  /** 1 for a token, 0 for padding. */
  readonly attentionMask: Int32Array;
  /** 1 for a completion token, 0 for prompt and padding. */
  readonly completionMask: Int32Array;
  /** inputIds where completionMask is 1, elsewhere −100. Not shifted: label t belongs to token t. */
  readonly labels: Int32Array;
}

/** Rows 0 … B−1 are the chosen completions, rows B … 2B−1 the rejected ones. */
export interface PairBatch extends TokenBatch {
  readonly pairs: number;
  /** [B]; 0 where a row has none. */
  readonly margins: Float32Array;
}

export interface CollateOptions {
  /** Any id: padding is masked. @default 0 */
  padTokenId?: number;
  /** @default 'right' */
  paddingSide?: 'left' | 'right';
  /** Rounds the length up, so that fewer different shapes occur. @default 1 */
  padToMultipleOf?: number;
}

/** @throws DataError for no rows, or a row without tokens */
export function collate(rows: readonly SftExample[], options: CollateOptions = {}): TokenBatch {
  const { padTokenId = 0, paddingSide = 'right', padToMultipleOf = 1 } = options;
  if (rows.length === 0) throw new DataError('collate: rows: expected at least one row, got 0.');
  const longest = Math.max(...rows.map((row) => row.inputIds.length));
  const length = Math.ceil(longest / padToMultipleOf) * padToMultipleOf;
  const size = rows.length * length;
  const batch = {
    batchSize: rows.length,
    length,
    inputIds: new Int32Array(size).fill(padTokenId),
    attentionMask: new Int32Array(size),
    completionMask: new Int32Array(size),
    labels: new Int32Array(size).fill(IGNORE_INDEX),
  };
  rows.forEach((row, b) => {
    if (row.inputIds.length === 0) {
      throw new DataError(`collate: row ${b}: expected at least one token, got 0. Drop the row.`);
    }
    const first = b * length + (paddingSide === 'left' ? length - row.inputIds.length : 0);
    row.inputIds.forEach((id, t) => {
      const keep = row.completionMask[t] ?? 0;
      batch.inputIds[first + t] = id;
      batch.attentionMask[first + t] = 1;
      batch.completionMask[first + t] = keep;
      if (keep === 1) batch.labels[first + t] = id;
    });
  });
  return batch;
}

/** A batch of 2B rows from B pairs. */
export function collatePairs(
  examples: readonly PreferenceExample[],
  options: CollateOptions = {},
): PairBatch {
  const rows = [
    ...examples.map((example) => joined(example.promptIds, example.chosenIds)),
    ...examples.map((example) => joined(example.promptIds, example.rejectedIds)),
  ];
  const margins = Float32Array.from(examples, (example) => example.margin ?? 0);
  return { ...collate(rows, options), pairs: examples.length, margins };
}

/** Prompts alone, padded to the left: what generation takes. */
export function collatePrompts(
  prompts: readonly (readonly number[])[],
  options: CollateOptions = {},
): TokenBatch {
  const rows = prompts.map((inputIds) => ({ inputIds, completionMask: [] }));
  return collate(rows, { paddingSide: 'left', ...options });
}

/** One row from a prompt and its completion. */
export function joined(promptIds: readonly number[], completionIds: readonly number[]): SftExample {
  return {
    inputIds: [...promptIds, ...completionIds],
    completionMask: [...promptIds.map(() => 0), ...completionIds.map(() => 1)],
  };
}
