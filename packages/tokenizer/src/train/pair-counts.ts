/** Every adjacent pair of symbols seen in training, with its count: a growing open-addressing hash table. */
export class PairCounts {
  size = 0;
  left = new Int32Array(1 << 12);
  right = new Int32Array(1 << 12);
  /** How often the pair stands in the corpus now. Float64: corpora exceed 2³¹. */
  count = new Float64Array(1 << 12);
  /** Slots hold the pair's index, or −1. */
  #slots = new Int32Array(1 << 13).fill(-1);

  /** Index of the pair, which is made with count 0 if it is new. */
  index(left: number, right: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashPair(left, right) & mask;
    for (;;) {
      const found = this.#slots[slot] as number;
      if (found < 0) return this.#insert(left, right, slot);
      if (this.left[found] === left && this.right[found] === right) return found;
      slot = (slot + 1) & mask;
    }
  }

  /** Adds to the pair's count, and returns its index. */
  add(left: number, right: number, by: number): number {
    const pair = this.index(left, right);
    this.count[pair] = (this.count[pair] as number) + by;
    return pair;
  }

  #insert(left: number, right: number, slot: number): number {
    const pair = this.size++;
    if (pair === this.left.length) this.#growPairs();
    this.left[pair] = left;
    this.right[pair] = right;
    this.#slots[slot] = pair;
    if (this.size * 2 > this.#slots.length) this.#growSlots();
    return pair;
  }

  #growPairs(): void {
    this.left = doubled(this.left, Int32Array);
    this.right = doubled(this.right, Int32Array);
    this.count = doubled(this.count, Float64Array);
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 2).fill(-1);
    const mask = slots.length - 1;
    for (let pair = 0; pair < this.size; pair++) {
      let slot = hashPair(this.left[pair] as number, this.right[pair] as number) & mask;
      while ((slots[slot] as number) >= 0) slot = (slot + 1) & mask;
      slots[slot] = pair;
    }
    this.#slots = slots;
  }
}

function hashPair(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right + 0x7f4a7c15, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

function doubled<T extends Int32Array | Float64Array>(
  array: T,
  Type: new (length: number) => T,
): T {
  const larger = new Type(array.length * 2);
  larger.set(array);
  return larger;
}

/** Grows an array to hold at least index `needed`. */
export function grown(array: Int32Array<ArrayBuffer>, needed: number): Int32Array<ArrayBuffer> {
  if (needed < array.length) return array;
  const larger = new Int32Array(Math.max(needed + 1, array.length * 2));
  larger.set(array);
  return larger;
}
