/**
 * The merges of a BPE model as an open-addressing hash table from a pair of ids to its rank and its merged id.
 * One Int32Array of stride 4 (left, right, rank, merged), so that a probe touches one cache line; an empty slot has
 * left = −1. Ranks are the positions in the list of merges: lower merges first.
 */
import { RankMerger } from './merge-by-rank.ts';

const STRIDE = 4;
const EMPTY = -1;

export class MergeTable {
  /** Slots of [left, right, rank, merged]; index it with what `find` returns. */
  slots: Int32Array;
  size = 0;
  /** No merge uses a token that it or a later merge makes, and none stands twice. True of every trained list. */
  isOrdered = true;
  /** Merged id by rank. */
  readonly #merged: Int32Array;
  /** 1 for ids that some merge has used as a part. */
  #used = new Uint8Array(1 << 8);
  #rankMerger: RankMerger | undefined;
  #mask: number;

  constructor(expected: number) {
    const capacity = 1 << Math.max(4, 32 - Math.clz32(expected * 2));
    this.slots = new Int32Array(capacity * STRIDE).fill(EMPTY);
    this.#mask = capacity - 1;
    this.#merged = new Int32Array(expected);
  }

  /** A pair given twice keeps its last rank, as in the Rust library. The table never holds more than it was made for. */
  add(left: number, right: number, rank: number, merged: number): void {
    let slot = hashPair(left, right) & this.#mask;
    while (this.slots[slot * STRIDE] !== EMPTY) {
      if (this.slots[slot * STRIDE] === left && this.slots[slot * STRIDE + 1] === right) break;
      slot = (slot + 1) & this.#mask;
    }
    const offset = slot * STRIDE;
    if (this.slots[offset] === EMPTY) this.size++;
    else this.isOrdered = false;
    this.#checkOrder(left, right, merged);
    this.#merged[rank] = merged;
    this.slots[offset] = left;
    this.slots[offset + 1] = right;
    this.slots[offset + 2] = rank;
    this.slots[offset + 3] = merged;
  }

  #checkOrder(left: number, right: number, merged: number): void {
    const highest = Math.max(left, right, merged);
    if (highest >= this.#used.length) {
      const used = new Uint8Array((highest + 1) * 2);
      used.set(this.#used);
      this.#used = used;
    }
    this.#used[left] = 1;
    this.#used[right] = 1;
    if (this.#used[merged] === 1) this.isOrdered = false;
  }

  get rankCount(): number {
    return this.#merged.length;
  }

  /** Work space for long pieces, made when the first one comes. */
  get rankMerger(): RankMerger {
    return (this.#rankMerger ??= new RankMerger(this));
  }

  mergedOf(rank: number): number {
    return this.#merged[rank] as number;
  }

  /** Offset of the pair's slot in `slots`, or −1: `slots[offset + 2]` is its rank, `slots[offset + 3]` its merged id. */
  find(left: number, right: number): number {
    const slots = this.slots;
    let slot = hashPair(left, right) & this.#mask;
    for (;;) {
      const offset = slot * STRIDE;
      const key = slots[offset];
      if (key === left && slots[offset + 1] === right) return offset;
      if (key === EMPTY) return -1;
      slot = (slot + 1) & this.#mask;
    }
  }
}

function hashPair(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 0x7f4a7c15, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
