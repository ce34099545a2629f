/**
 * Merging a long piece in linear time. In a list that a trainer made, the merges that use a token come after the one
 * that makes it (`MergeTable.isOrdered`). So once a rank is done, no pair of it or of a lower rank can appear, and all
 * places of one rank can be merged in one sweep: lists of places by rank, the ranks in a small heap.
 */
import { MinHeap } from './merge-by-heap.ts';
import type { MergeTable } from './merge-table.ts';

const NO_SYMBOLS = new Int32Array(0);
/** Work space for longer pieces (24 bytes for each byte of theirs) is given back. */
const KEPT_LENGTH = 1 << 16;

/** Work space for one table of merges, reused from piece to piece. */
export class RankMerger {
  readonly #table: MergeTable;
  #symbols: Int32Array = NO_SYMBOLS;
  #length = 0;
  /** Neighbours of each place; the right one of the last is `length`. */
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** Rank of the pair at each place now, or −1. */
  #rank = new Int32Array(0);
  /** For each rank a list of the places that had it when they were listed, as nodes (place, next node or −1). */
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  #nodePlace = new Int32Array(0);
  #nodeNext = new Int32Array(0);
  #nodes = 0;
  readonly #ranks = new MinHeap(64);

  constructor(table: MergeTable) {
    this.#table = table;
    this.#first = new Int32Array(table.rankCount).fill(-1);
    this.#last = new Int32Array(table.rankCount);
  }

  /** Merges `symbols[0..length)` in place; returns how many symbols are left. */
  merge(symbols: Int32Array, length: number): number {
    this.#begin(symbols, length);
    while (this.#ranks.size > 0) {
      const rank = this.#ranks.pop();
      const head = this.#first[rank] as number;
      this.#first[rank] = -1;
      if (this.#isSorted(head)) this.#mergeList(head, rank);
      else this.#mergeUnsorted(head, rank);
    }
    const count = collect(symbols, this.#next, length);
    this.#symbols = NO_SYMBOLS;
    if (length > KEPT_LENGTH) this.#release();
    return count;
  }

  #begin(symbols: Int32Array, length: number): void {
    if (length > this.#next.length) {
      this.#next = new Int32Array(length);
      this.#previous = new Int32Array(length);
      this.#rank = new Int32Array(length);
      // Each place is listed once at first, and each merge, of which there are fewer than places, lists two more.
      this.#nodePlace = new Int32Array(length * 3);
      this.#nodeNext = new Int32Array(length * 3);
    }
    this.#symbols = symbols;
    this.#length = length;
    this.#nodes = 0;
    for (let i = 0; i < length; i++) {
      this.#next[i] = i + 1;
      this.#previous[i] = i - 1;
    }
    for (let i = 0; i < length; i++) this.#rankPlace(i);
  }

  /** One enormous piece must not hold its work space for ever. */
  #release(): void {
    this.#next = this.#previous = this.#rank = new Int32Array(0);
    this.#nodePlace = this.#nodeNext = new Int32Array(0);
  }

  /** Finds the pair at a place, and lists the place under its rank. */
  #rankPlace(place: number): void {
    const right = this.#next[place] as number;
    const rank =
      right < this.#length
        ? this.#table.rankOf(this.#symbols[place] as number, this.#symbols[right] as number)
        : -1;
    this.#rank[place] = rank;
    if (rank < 0) return;
    const node = this.#nodes++;
    this.#nodePlace[node] = place;
    this.#nodeNext[node] = -1;
    if (this.#first[rank] === -1) {
      this.#first[rank] = node;
      this.#ranks.push(rank);
    } else this.#nodeNext[this.#last[rank] as number] = node;
    this.#last[rank] = node;
  }

  #mergeList(head: number, rank: number): void {
    for (let node = head; node >= 0; node = this.#nodeNext[node] as number) {
      const place = this.#nodePlace[node] as number;
      if (this.#rank[place] === rank) this.#mergeAt(place, rank);
    }
  }

  /** Equal symbols overlap (a a a), and then the leftmost pair must be first. */
  #mergeUnsorted(head: number, rank: number): void {
    const places: number[] = [];
    for (let node = head; node >= 0; node = this.#nodeNext[node] as number) {
      places.push(this.#nodePlace[node] as number);
    }
    for (const place of Int32Array.from(places).sort()) {
      if (this.#rank[place] === rank) this.#mergeAt(place, rank);
    }
  }

  #isSorted(head: number): boolean {
    let before = -1;
    for (let node = head; node >= 0; node = this.#nodeNext[node] as number) {
      const place = this.#nodePlace[node] as number;
      if (place < before) return false;
      before = place;
    }
    return true;
  }

  #mergeAt(place: number, rank: number): void {
    const right = this.#next[place] as number;
    const after = this.#next[right] as number;
    this.#symbols[place] = this.#table.mergedOf(rank);
    this.#rank[right] = -1;
    this.#next[place] = after;
    if (after < this.#length) this.#previous[after] = place;
    const before = this.#previous[place] as number;
    if (before >= 0) this.#rankPlace(before);
    this.#rankPlace(place);
  }
}

/** Moves the symbols that are left to the front. */
function collect(symbols: Int32Array, next: Int32Array, length: number): number {
  let count = 0;
  for (let i = 0; i < length; i = next[i] as number) symbols[count++] = symbols[i] as number;
  return count;
}
