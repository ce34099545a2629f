/** A double-array trie as darts-clone lays it out (SentencePiece keeps its normalization rules in one), read only. */

/** The value of the longest key that `bytes` begins with at `start`, and where that key ends; −1: none. */
export function longestPrefix(
  units: Uint32Array,
  bytes: Uint8Array,
  start: number,
): { readonly value: number; readonly end: number } {
  const found = { value: -1, end: start };
  let position = offsetOf(units[0] ?? 0);
  for (let i = start; i < bytes.length && bytes[i] !== 0; i++) {
    position ^= bytes[i] as number;
    const unit = units[position];
    if (unit === undefined || (unit & 0x800000ff) !== bytes[i]) break;
    position ^= offsetOf(unit);
    if ((unit & 0x100) === 0) continue;
    const leaf = units[position];
    if (leaf === undefined) break;
    found.value = leaf & 0x7fffffff;
    found.end = i + 1;
  }
  return found;
}

/** The value of the shortest key that `bytes` begins with, or −1. */
export function shortestPrefix(units: Uint32Array, bytes: Uint8Array): number {
  let position = offsetOf(units[0] ?? 0);
  for (const byte of bytes) {
    if (byte === 0) return -1;
    position ^= byte;
    const unit = units[position];
    // Bits 0–7 hold the label, bit 31 marks a leaf; both must be as in a node for this byte.
    if (unit === undefined || (unit & 0x800000ff) !== byte) return -1;
    position ^= offsetOf(unit);
    if ((unit & 0x100) !== 0) {
      const leaf = units[position];
      return leaf === undefined ? -1 : leaf & 0x7fffffff;
    }
  }
  return -1;
}

/** What keys begin with all of `bytes`: the value of the key that is just they (−1: none), and the bytes that may follow. */
export function continuations(
  units: Uint32Array,
  bytes: Uint8Array,
): { readonly value: number; readonly next: readonly number[] } {
  const none = { value: -1, next: [] };
  let position = offsetOf(units[0] ?? 0);
  let value = -1;
  for (const byte of bytes) {
    if (byte === 0) return none;
    position ^= byte;
    const unit = units[position];
    if (unit === undefined || (unit & 0x800000ff) !== byte) return none;
    position ^= offsetOf(unit);
    const leaf = (unit & 0x100) === 0 ? undefined : units[position];
    value = leaf === undefined ? -1 : leaf & 0x7fffffff;
  }
  const isChild = (byte: number): boolean => ((units[position ^ byte] ?? 0) & 0x800000ff) === byte;
  return { value, next: Array.from({ length: 255 }, (_, i) => i + 1).filter(isChild) };
}

/** The offset to the children lies in bits 10 to 30, shifted by 8 more where bit 9 is set. */
function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}
