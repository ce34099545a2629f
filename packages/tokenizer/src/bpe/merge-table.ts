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
  /** A pair stands twice. */
  hasRepeats = false;
  /** No two merges make the same token. */
  hasSingleMerges = true;
  /** Left, right and merged id by rank. */
  readonly list: Int32Array;
  /** 1 for ids that some merge has used as a part, 2 more for those that one has made. */
  #used = new Uint8Array(1 << 8);
  #rankMerger: RankMerger | undefined;
  #mask: number;

  constructor(expected: number) {
    const capacity = 1 << Math.max(4, 32 - Math.clz32(Math.floor(expected * 1.5)));
    this.slots = new Int32Array(capacity * STRIDE).fill(EMPTY);
    this.#mask = capacity - 1;
    this.list = new Int32Array(expected * 3);
  }

  /** @param list Left, right and merged id of each merge, in their order. */
  static fromList(list: Int32Array): MergeTable {
    const table = new MergeTable(list.length / 3);
    for (let i = 0, rank = 0; i < list.length; i += 3, rank++) {
      table.add(list[i] as number, list[i + 1] as number, rank, list[i + 2] as number);
    }
    return table;
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
    else {
      this.isOrdered = false;
      this.hasRepeats = true;
    }
    this.#checkOrder(left, right, merged);
    this.list[rank * 3] = left;
    this.list[rank * 3 + 1] = right;
    this.list[rank * 3 + 2] = merged;
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
    const used = this.#used;
    used[left] = (used[left] as number) | 1;
    used[right] = (used[right] as number) | 1;
    const state = used[merged] as number;
    if ((state & 1) !== 0) this.isOrdered = false;
    if ((state & 2) !== 0) this.hasSingleMerges = false;
    used[merged] = state | 2;
  }

  get rankCount(): number {
    return this.list.length / 3;
  }

  /** Work space for long pieces, made when the first one comes. */
  get rankMerger(): RankMerger {
    return (this.#rankMerger ??= new RankMerger(this));
  }

  mergedOf(rank: number): number {
    return this.list[rank * 3 + 2] as number;
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
