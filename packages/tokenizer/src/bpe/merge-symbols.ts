/**
 * BPE's encoding step (Sennrich, Haddow, Birch 2016, algorithm 1 applied): of all adjacent pairs, merge the one with
 * the lowest rank, the leftmost on a tie, until no pair has a merge. `mergeSymbols` does it in place.
 *
 * Several ways, the same result: short pieces rescan an array of ranks (quadratic in a length that is bounded), long
 * ones go rank by rank (linear; as runs where few symbols differ), or, for lists of merges that no trainer made, through
 * a heap (n log n).
 */
import { mergeByHeap } from './merge-by-heap.ts';
import { mergeRuns } from './merge-runs.ts';
import type { MergeTable } from './merge-table.ts';

/** Longest piece that is scanned; measured: beyond about this, the heap wins. */
export const SCAN_LIMIT = 96;
const NO_MERGE = 0x7fffffff;

const scanRanks = new Int32Array(SCAN_LIMIT);

/** Merges `symbols[0..length)` in place; returns how many symbols are left. */
export function mergeSymbols(table: MergeTable, symbols: Int32Array, length: number): number {
  if (length <= SCAN_LIMIT) return mergeByScan(table, symbols, length);
  if (!table.isOrdered) return mergeByHeap(table, symbols, length);
  const left = mergeRuns(table, symbols, length);
  return left >= 0 ? left : table.rankMerger.merge(symbols, length);
}

function rankPair(table: MergeTable, symbols: Int32Array, i: number): void {
  const rank = table.rankOf(symbols[i] as number, symbols[i + 1] as number);
  scanRanks[i] = rank < 0 ? NO_MERGE : rank;
}

export function mergeByScan(table: MergeTable, symbols: Int32Array, length: number): number {
  let pairs = length - 1;
  for (let i = 0; i < pairs; i++) rankPair(table, symbols, i);
  while (pairs > 0) {
    let best = 0;
    let bestRank = scanRanks[0] as number;
    for (let i = 1; i < pairs; i++) {
      if ((scanRanks[i] as number) < bestRank) bestRank = scanRanks[(best = i)] as number;
    }
    if (bestRank === NO_MERGE) break;
    symbols[best] = table.mergedOf(bestRank);
    for (let i = best + 1; i < pairs; i++) {
      symbols[i] = symbols[i + 1] as number;
      scanRanks[i - 1] = scanRanks[i] as number;
    }
    pairs--;
    // The loop above moved the ranks right of the merged pair; the two pairs at its borders are new.
    if (best > 0) rankPair(table, symbols, best - 1);
    if (best < pairs) rankPair(table, symbols, best);
  }
  return pairs + 1;
}
