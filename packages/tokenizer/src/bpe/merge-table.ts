/**
 * The merges of a BPE model as an open-addressing hash table from a pair of ids to its rank and its merged id.
 * One Int32Array of stride 4 (left, right, rank, merged), so that a probe touches one cache line; an empty slot has
 * left = −1. Ranks are the positions in the list of merges: lower merges first.
 */
const STRIDE = 4;
const EMPTY = -1;

export class MergeTable {
  /** Slots of [left, right, rank, merged]; index it with what `find` returns. */
  slots: Int32Array;
  size = 0;
  #mask: number;

  constructor(expected: number) {
    const capacity = 1 << Math.max(4, 32 - Math.clz32(expected * 2));
    this.slots = new Int32Array(capacity * STRIDE).fill(EMPTY);
    this.#mask = capacity - 1;
  }

  /** A pair given twice keeps its last rank, as in the Rust library. The table never holds more than it was made for. */
  add(left: number, right: number, rank: number, merged: number): void {
    let slot = hashPair(left, right) & this.#mask;
    while (this.slots[slot * STRIDE] !== EMPTY) {
      if (this.slots[slot * STRIDE] === left && this.slots[slot * STRIDE + 1] === right) break;
      slot = (slot + 1) & this.#mask;
    }
    if (this.slots[slot * STRIDE] === EMPTY) this.size++;
    this.slots.set([left, right, rank, merged], slot * STRIDE);
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
