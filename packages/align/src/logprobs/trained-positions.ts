// Which hidden states of a batch predict a token that counts. Only those go through the vocabulary's matrix: with
// half of the tokens in prompts and padding, half of the largest matrix product and of the logits are saved.
import { IGNORE_INDEX } from '@llm/tensor';
import type { TokenBatch } from '../data/collate.ts';
import { DataError } from '../errors.ts';

/** N tokens that count, in row-major order. */
export interface TrainedPositions {
  /** Index into the flattened [B·T] of the position that predicts the token: the one before it. */
  readonly positions: Int32Array;
  /** The token. */
  readonly labels: Int32Array;
  /** The row it is in. */
  readonly rows: Int32Array;
}

/** @throws DataError when no token counts */
export function trainedPositions(batch: Pick<TokenBatch, 'labels' | 'length'>): TrainedPositions {
  const { labels, length } = batch;
  const positions: number[] = [];
  labels.forEach((label, i) => {
    const isFirst = i % length === 0; // nothing predicts a row's first token
    if (label !== IGNORE_INDEX && !isFirst) positions.push(i - 1);
  });
  if (positions.length === 0) {
    throw new DataError(
      'trainedPositions: labels: expected at least one trained token, got none. Tokenize with a larger maxLength.',
    );
  }
  return {
    positions: Int32Array.from(positions),
    labels: Int32Array.from(positions, (position) => labels[position + 1]!),
    rows: Int32Array.from(positions, (position) => Math.floor(position / length)),
  };
}
