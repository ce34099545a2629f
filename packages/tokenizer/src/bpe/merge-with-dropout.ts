/**
 * BPE dropout (Provilkov, Emelianenko, Voita 2020): merges go lowest rank first, but each candidate is passed over with
 * a probability; what was passed over is a candidate again after the next merge that goes through.
 */
import type { Random } from '../sampling/random.ts';
import { MinHeap } from './merge-by-heap.ts';
import type { MergeTable } from './merge-table.ts';

/** A candidate is rank · 2²² + position: lowest rank first, then leftmost. */
const POSITIONS = 2 ** 22;

/** Merges `symbols[0..length)` in place; returns how many symbols are left. */
export function mergeWithDropout(
  table: MergeTable,
  symbols: Int32Array,
  length: number,
  dropout: number,
  random: Random,
): number {
  const next = Int32Array.from({ length }, (_, i) => i + 1);
  const previous = Int32Array.from({ length }, (_, i) => i - 1);
  const heap = new MinHeap(length);
  let skipped: number[] = [];
  const rankAt = (place: number): number => {
    const right = next[place] as number;
    if (symbols[place] === -1 || right >= length) return -1;
    return table.rankOf(symbols[place] as number, symbols[right] as number);
  };
  const queue = (place: number): void => {
    const rank = rankAt(place);
    if (rank >= 0) heap.push(rank * POSITIONS + place);
  };
  for (let i = 0; i + 1 < length; i++) queue(i);
  while (heap.size > 0) {
    const candidate = heap.pop();
    const place = candidate % POSITIONS;
    const rank = Math.floor(candidate / POSITIONS);
    if (rankAt(place) !== rank) continue;
    if (random.uniform() < dropout) {
      skipped.push(candidate);
      continue;
    }
    for (const again of skipped) heap.push(again);
    skipped = [];
    const right = next[place] as number;
    const after = next[right] as number;
    symbols[place] = table.mergedOf(rank);
    symbols[right] = -1;
    next[place] = after;
    if (after < length) previous[after] = place;
    const before = previous[place] as number;
    if (before >= 0) queue(before);
    queue(place);
  }
  let count = 0;
  for (let i = 0; i < length; i = next[i] as number) symbols[count++] = symbols[i] as number;
  return count;
}
