// What the losses on pairs ask of a batch of which rows 0 … B−1 are the chosen completions and rows B … 2B−1 the
// rejected ones.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { PairBatch, TokenBatch } from '../data/collate.ts';
import { trainedPositions } from '../logprobs/trained-positions.ts';
import type { PairOf } from '../dpo/losses/pair-loss.ts';

/** @param values [2B] */
export function pairOf(values: Tensor): PairOf<Tensor> {
  const [chosen, rejected] = tf.split(values, 2) as [Tensor, Tensor];
  return { chosen, rejected };
}

/** Completion tokens of each row, [batchSize]. */
export function completionCounts(
  batch: Pick<PairBatch, 'completionMask' | 'length' | 'batchSize'>,
) {
  const counts = new Float32Array(batch.batchSize);
  batch.completionMask.forEach((keep, i) => (counts[Math.floor(i / batch.length)]! += keep));
  return counts;
}

/** Weights of the trained tokens, [N]: 1 to the length of the shorter completion of a pair, `tail` beyond (LD-DPO, Liu
 *  et al. 2024, arXiv 2409.06411): what the longer answer says more counts less. */
export function sharedLengthWeights(batch: PairBatch, tail: number): Float32Array {
  const { rows } = trainedPositions(batch);
  const counts = new Int32Array(batch.batchSize);
  rows.forEach((row) => (counts[row]! += 1));
  const seen = new Int32Array(batch.batchSize);
  return Float32Array.from(rows, (row) => {
    const shared = Math.min(counts[row]!, counts[(row + batch.pairs) % batch.batchSize]!);
    seen[row]! += 1;
    return seen[row]! <= shared ? 1 : tail;
  });
}

/** Weights with which a sum over the completions' tokens of rows `first` up to before `end` is their mean: 1/n for each
 *  of the n tokens, 0 for all others. @returns [N] */
export function meanOverRows(batch: TokenBatch, first: number, end: number): Float32Array {
  return meanWeights(batch, (row, isCompletion) => isCompletion && row >= first && row < end);
}

/** The same, prompts included where they are trained too. */
export function meanOverWholeRows(batch: TokenBatch, first: number, end: number): Float32Array {
  return meanWeights(batch, (row) => row >= first && row < end);
}

/** Weights with which each row's sum is the mean over its completion's tokens: 1/n, and 0 for a prompt's. @returns [N] */
export function completionMeans(batch: TokenBatch): Float32Array {
  const { rows, positions } = trainedPositions(batch);
  const isCompletion = (n: number) => batch.completionMask[positions[n]! + 1] === 1;
  const counts = new Int32Array(batch.batchSize);
  rows.forEach((row, n) => (counts[row]! += Number(isCompletion(n))));
  return Float32Array.from(rows, (row, n) => (isCompletion(n) ? 1 / counts[row]! : 0));
}

function meanWeights(
  batch: TokenBatch,
  isIn: (row: number, isCompletion: boolean) => boolean,
): Float32Array {
  const { rows, positions } = trainedPositions(batch);
  const counted = Array.from(rows, (row, n) =>
    isIn(row, batch.completionMask[positions[n]! + 1] === 1),
  );
  const count = counted.filter(Boolean).length;
  return Float32Array.from(counted, (keep) => (keep ? 1 / count : 0));
}
