/**
 * The merges of a BPE model: a list by rank of left, right and merged id, and an open-addressing hash table from pairs of
 * ids to ranks. Ranks are the positions in the list: lower merges first.
 *
 * Most pairs that are asked for have no merge, and most tables do not fit the caches. So each slot has a byte of its
 * pair's hash, and only where that agrees is the list looked at.
 */
import { RankMerger } from './merge-by-rank.ts';

/** Tag of a slot that is free. */
const FREE = 0;

export class MergeTable {
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
  readonly #mask: number;
  readonly #tags: Uint8Array;
  readonly #ranks: Int32Array;

  constructor(expected: number) {
    const capacity = 1 << Math.max(4, 32 - Math.clz32(Math.floor(expected * 1.5)));
    this.#mask = capacity - 1;
    this.#tags = new Uint8Array(capacity);
    this.#ranks = new Int32Array(capacity);
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
    const hash = hashPair(left, right);
    const slot = this.#locate(left, right, hash);
    if (this.#tags[slot] === FREE) this.size++;
    else {
      this.isOrdered = false;
      this.hasRepeats = true;
    }
    this.#checkOrder(left, right, merged);
    this.list[rank * 3] = left;
    this.list[rank * 3 + 1] = right;
    this.list[rank * 3 + 2] = merged;
    this.#tags[slot] = tagOf(hash);
    this.#ranks[slot] = rank;
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

  /** Rank of the merge of two ids, or −1. */
  rankOf(left: number, right: number): number {
    const slot = this.#locate(left, right, hashPair(left, right));
    return this.#tags[slot] === FREE ? -1 : (this.#ranks[slot] as number);
  }

  /** The pair's slot, or the free one where it belongs. */
  #locate(left: number, right: number, hash: number): number {
    const tags = this.#tags;
    const ranks = this.#ranks;
    const list = this.list;
    const tag = tagOf(hash);
    let slot = hash & this.#mask;
    for (;;) {
      const found = tags[slot];
      if (found === tag) {
        const at = (ranks[slot] as number) * 3;
        if (list[at] === left && list[at + 1] === right) return slot;
      } else if (found === FREE) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }
}

/** Never `FREE`. The bits that do not choose the slot, unless the table is enormous. */
function tagOf(hash: number): number {
  return (hash >>> 24) | 1;
}

function hashPair(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 0x7f4a7c15, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
