/** Merging a long piece in any list of merges: a linked list of symbols and a heap of candidates. */
import type { MergeTable } from './merge-table.ts';

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
    return table.rankOf(symbols[i] as number, symbols[right] as number);
  };
  for (let i = 0; i < length - 1; i++) {
    const rank = rankAt(i);
    if (rank >= 0) heap.append(rank * RANK_UNIT + i);
  }
  heap.build();
  while (heap.size > 0) {
    const key = heap.pop();
    const i = key % RANK_UNIT;
    const top = (key - i) / RANK_UNIT;
    // A candidate is stale if its left symbol is gone (−1) or its pair has another rank by now.
    if (symbols[i] === -1 || rankAt(i) !== top) continue;
    const right = next[i] as number;
    symbols[i] = table.mergedOf(top);
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
export class MinHeap {
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
