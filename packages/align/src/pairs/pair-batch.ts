// What the losses on pairs ask of a batch of which rows 0 … B−1 are the chosen completions and rows B … 2B−1 the
// rejected ones.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { PairBatch } from '../data/collate.ts';
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

/** Weights with which a sum over the tokens of some rows is their mean: 1/n for the n tokens of rows from `first` up to
 *  before `end`, 0 for the others. @returns [N] */
export function meanOverRows(batch: PairBatch, first: number, end: number): Float32Array {
  const { rows } = trainedPositions(batch);
  const isIn = (row: number) => row >= first && row < end;
  const count = rows.reduce((sum, row) => sum + Number(isIn(row)), 0);
  return Float32Array.from(rows, (row) => (isIn(row) ? 1 / count : 0));
}
