/**
 * BPE's encoding step (Sennrich, Haddow, Birch 2016, algorithm 1 applied): of all adjacent pairs, merge the one with
 * the lowest rank, the leftmost on a tie, until no pair has a merge. `mergeSymbols` does it in place.
 *
 * Two ways, the same result: short pieces rescan an array of ranks (quadratic in a length that is bounded);
 * long ones keep a linked list of symbols and a heap of candidates (n log n), so that no input blows up.
 */
import type { MergeTable } from './merge-table.ts';

/** Longest piece that is scanned; measured: beyond about this, the heap wins. */
export const SCAN_LIMIT = 96;
const NO_MERGE = 0x7fffffff;

const scanRanks = new Int32Array(SCAN_LIMIT);
const scanMerged = new Int32Array(SCAN_LIMIT);

/** Merges `symbols[0..length)` in place; returns how many symbols are left. */
export function mergeSymbols(table: MergeTable, symbols: Int32Array, length: number): number {
  return length <= SCAN_LIMIT
    ? mergeByScan(table, symbols, length)
    : mergeByHeap(table, symbols, length);
}

function rankPair(table: MergeTable, symbols: Int32Array, i: number): void {
  const offset = table.find(symbols[i] as number, symbols[i + 1] as number);
  scanRanks[i] = offset < 0 ? NO_MERGE : (table.slots[offset + 2] as number);
  if (offset >= 0) scanMerged[i] = table.slots[offset + 3] as number;
}

function mergeByScan(table: MergeTable, symbols: Int32Array, length: number): number {
  let pairs = length - 1;
  for (let i = 0; i < pairs; i++) rankPair(table, symbols, i);
  while (pairs > 0) {
    let best = 0;
    let bestRank = scanRanks[0] as number;
    for (let i = 1; i < pairs; i++) {
      if ((scanRanks[i] as number) < bestRank) bestRank = scanRanks[(best = i)] as number;
    }
    if (bestRank === NO_MERGE) break;
    symbols[best] = scanMerged[best] as number;
    for (let i = best + 1; i < pairs; i++) {
      symbols[i] = symbols[i + 1] as number;
      scanRanks[i - 1] = scanRanks[i] as number;
      scanMerged[i - 1] = scanMerged[i] as number;
    }
    pairs--;
    // The loop above moved the ranks right of the merged pair; the two pairs at its borders are new.
    if (best > 0) rankPair(table, symbols, best - 1);
    if (best < pairs) rankPair(table, symbols, best);
  }
  return pairs + 1;
}

/** Candidates ordered by rank, then position, as one number: rank · 2³² + position. */
const RANK_UNIT = 2 ** 32;

export function mergeByHeap(table: MergeTable, symbols: Int32Array, length: number): number {
  const next = new Int32Array(length);
  const previous = new Int32Array(length);
  for (let i = 0; i < length; i++) {
    next[i] = i + 1;
    previous[i] = i - 1;
  }
  const heap = new MinHeap(length);
  const rankAt = (i: number): number => {
    const right = next[i] as number;
    if (right >= length) return -1;
    const offset = table.find(symbols[i] as number, symbols[right] as number);
    return offset < 0 ? -1 : (table.slots[offset + 2] as number);
  };
  for (let i = 0; i < length - 1; i++) {
    const rank = rankAt(i);
    if (rank >= 0) heap.append(rank * RANK_UNIT + i);
  }
  heap.build();
  while (heap.size > 0) {
    const key = heap.pop();
    const i = key % RANK_UNIT;
    // A candidate is stale if its left symbol is gone (−1) or its pair has another rank by now.
    if (symbols[i] === -1 || rankAt(i) !== (key - i) / RANK_UNIT) continue;
    const right = next[i] as number;
    const offset = table.find(symbols[i] as number, symbols[right] as number);
    symbols[i] = table.slots[offset + 3] as number;
    symbols[right] = -1;
    const after = next[right] as number;
    next[i] = after;
    if (after < length) previous[after] = i;
    const before = previous[i] as number;
    const rank = rankAt(i);
    if (rank >= 0) heap.push(rank * RANK_UNIT + i);
    const rankBefore = before >= 0 ? rankAt(before) : -1;
    if (rankBefore >= 0) heap.push(rankBefore * RANK_UNIT + before);
  }
  let count = 0;
  for (let i = 0; i < length; i = next[i] as number) symbols[count++] = symbols[i] as number;
  return count;
}

/** A binary min-heap of numbers. At most two candidates are pushed for each merge that removes one symbol. */
class MinHeap {
  size = 0;
  #keys: Float64Array;

  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity + 2);
  }

  /** Adds without ordering; `build` must follow. */
  append(key: number): void {
    this.#keys[this.size++] = key;
  }

  build(): void {
    for (let i = (this.size >> 1) - 1; i >= 0; i--) this.#sink(i, this.#keys[i] as number);
  }

  push(key: number): void {
    if (this.size === this.#keys.length) this.#grow();
    const keys = this.#keys;
    let i = this.size++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if ((keys[parent] as number) <= key) break;
      keys[i] = keys[parent] as number;
      i = parent;
    }
    keys[i] = key;
  }

  pop(): number {
    const top = this.#keys[0] as number;
    const last = this.#keys[--this.size] as number;
    if (this.size > 0) this.#sink(0, last);
    return top;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    keys.set(this.#keys);
    this.#keys = keys;
  }

  #sink(start: number, key: number): void {
    const keys = this.#keys;
    let i = start;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && (keys[child + 1] as number) < (keys[child] as number)) child++;
      if ((keys[child] as number) >= key) break;
      keys[i] = keys[child] as number;
      i = child;
    }
    keys[i] = key;
  }
}
