/**
 * A hash table from byte strings to 32-bit values, in one Int32Array of stride 4 so that a probe touches one cache
 * line. Up to 8 bytes the key is itself in the slot: (bytes 0–3, bytes 4–7, length, value). Longer keys have
 * (hash, offset in an arena, length, value) and are compared byte by byte. Length 0 marks an empty slot.
 */
const STRIDE = 4;
const LENGTH = 2;
const VALUE = 3;

export class ByteKeyTable {
  /** Slots of [key, key, length, value]. Replaced when the table grows. */
  slots: Int32Array;
  size = 0;
  #mask: number;
  #arena = new Uint8Array(1 << 12);
  #arenaLength = 0;

  constructor(capacity = 1 << 10) {
    this.slots = new Int32Array(capacity * STRIDE);
    this.#mask = capacity - 1;
  }

  get capacity(): number {
    return this.#mask + 1;
  }

  clear(): void {
    this.slots.fill(0);
    this.size = 0;
    this.#arenaLength = 0;
  }

  /** Offset of the key's slot in `slots`, or of the empty slot where it belongs. `view` must allow reads 8 bytes on. */
  locate(view: DataView, bytes: Uint8Array, start: number, length: number): number {
    return length <= 8
      ? this.#locateShort(view, start, length)
      : this.#locateLong(view, bytes, start, length);
  }

  isEmpty(offset: number): boolean {
    return this.slots[offset + LENGTH] === 0;
  }

  value(offset: number): number {
    return this.slots[offset + VALUE] as number;
  }

  #locateShort(view: DataView, start: number, length: number): number {
    const slots = this.slots;
    const mask = this.#mask;
    const low = lowBytes(view, start, length);
    const high = highBytes(view, start, length);
    let slot = hashShort(low, high, length) & mask;
    for (;;) {
      const offset = slot * STRIDE;
      const found = slots[offset + LENGTH];
      if (found === 0) return offset;
      if (found === length && slots[offset] === low && slots[offset + 1] === high) return offset;
      slot = (slot + 1) & mask;
    }
  }

  #locateLong(view: DataView, bytes: Uint8Array, start: number, length: number): number {
    const slots = this.slots;
    const hash = hashLong(view, start, length);
    let slot = spread(hash) & this.#mask;
    for (;;) {
      const offset = slot * STRIDE;
      const found = slots[offset + LENGTH];
      if (found === 0) return offset;
      if (
        found === length &&
        slots[offset] === hash &&
        this.#equals(slots[offset + 1] as number, bytes, start, length)
      ) {
        return offset;
      }
      slot = (slot + 1) & this.#mask;
    }
  }

  #equals(arenaStart: number, bytes: Uint8Array, start: number, length: number): boolean {
    const arena = this.#arena;
    for (let i = 0; i < length; i++) if (arena[arenaStart + i] !== bytes[start + i]) return false;
    return true;
  }

  /** Fills the empty slot that `locate` gave. The table doubles when three quarters full. */
  insert(
    offset: number,
    view: DataView,
    bytes: Uint8Array,
    start: number,
    length: number,
    value: number,
  ): void {
    const slots = this.slots;
    if (length <= 8) {
      slots[offset] = lowBytes(view, start, length);
      slots[offset + 1] = highBytes(view, start, length);
    } else {
      slots[offset] = hashLong(view, start, length);
      slots[offset + 1] = this.#store(bytes, start, length);
    }
    slots[offset + LENGTH] = length;
    slots[offset + VALUE] = value;
    this.size++;
    if (this.size * 4 > this.capacity * 3) this.#grow();
  }

  #store(bytes: Uint8Array, start: number, length: number): number {
    const at = this.#arenaLength;
    if (at + length > this.#arena.length) {
      const arena = new Uint8Array((at + length) * 2);
      arena.set(this.#arena);
      this.#arena = arena;
    }
    this.#arena.set(bytes.subarray(start, start + length), at);
    this.#arenaLength = at + length;
    return at;
  }

  #grow(): void {
    const old = this.slots;
    const mask = this.capacity * 2 - 1;
    const slots = new Int32Array((mask + 1) * STRIDE);
    for (let from = 0; from < old.length; from += STRIDE) {
      const length = old[from + LENGTH] as number;
      if (length === 0) continue;
      const first = old[from] as number;
      const hash = length <= 8 ? hashShort(first, old[from + 1] as number, length) : spread(first);
      let slot = hash & mask;
      while (slots[slot * STRIDE + LENGTH] !== 0) slot = (slot + 1) & mask;
      slots.set(old.subarray(from, from + STRIDE), slot * STRIDE);
    }
    this.slots = slots;
    this.#mask = mask;
  }
}

/** Bytes 0–3 of a key, zeros beyond its end. */
function lowBytes(view: DataView, start: number, length: number): number {
  const word = view.getInt32(start, true);
  return length >= 4 ? word : word & ((1 << (length * 8)) - 1);
}

/** Bytes 4–7. */
function highBytes(view: DataView, start: number, length: number): number {
  if (length <= 4) return 0;
  const word = view.getInt32(start + 4, true);
  return length === 8 ? word : word & ((1 << ((length - 4) * 8)) - 1);
}

function hashShort(low: number, high: number, length: number): number {
  const mixed =
    Math.imul(low ^ Math.imul(length, 0x2c1b3c6d), 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  return spread(mixed);
}

/** Hash of a key of at least four bytes. */
export function hashLong(view: DataView, start: number, length: number): number {
  let hash = length;
  const end = start + length;
  for (let i = start; i + 4 <= end; i += 4) {
    hash = Math.imul(hash ^ view.getInt32(i, true), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  // The last four bytes, whole, overlap the loop's where the length is no multiple of four.
  return Math.imul(hash ^ view.getInt32(end - 4, true), 0x85ebca6b);
}

function spread(hash: number): number {
  return hash ^ (hash >>> 16) ^ (hash >>> 9);
}
