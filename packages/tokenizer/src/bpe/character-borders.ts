/**
 * Which neighbouring characters merges may join. In Chinese hardly any are, so that a long stretch falls apart into
 * characters and a few words, which come again and again where the stretch itself never does; so does noise.
 *
 * Only characters of up to three bytes of UTF-8 (up to U+FFFF) are told apart. A merge joins two of them only if its left
 * part ends where the first ends, and its right part begins where the second begins; so one look at the list of merges
 * tells which pairs never are. What it says of others may be wrong one way: `mayJoin` may be true of characters that
 * nothing joins.
 */
import type { RawTokens } from './raw-tokens.ts';

/** Bits for pairs of whole characters, by their hash. */
const PAIR_BITS = 1 << 20;

/** Characters of three bytes begin here. */
export const WIDE = 0x800;

/** Code points from the first to the last, a step apart. */
interface Characters {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

export class CharacterBorders {
  readonly #pairs = new Int32Array(PAIR_BITS >> 5);
  /** Low four bits: the groups of merges by parts of characters that the first may take part in; high four: the second. */
  readonly #parts = new Uint8Array(1 << 16);

  /**
   * @param list left, right and merged id of each merge
   * @param isWide whether it is for pairs of characters of three bytes, or for the other pairs
   */
  constructor(list: Int32Array, { bytes, starts, ends }: RawTokens, isWide: boolean) {
    for (let i = 0; i < list.length; i += 3) {
      const left = list[i] as number;
      const right = list[i + 1] as number;
      const border = ends[left] as number;
      const before = charactersBefore(bytes, starts[left] as number, border);
      if (before === undefined) continue;
      const after = charactersAt(bytes, starts[right] as number, ends[right] as number);
      if (after === undefined) continue;
      const concerns = isWide
        ? before.last >= WIDE && after.last >= WIDE
        : before.first < WIDE || after.first < WIDE;
      if (concerns) this.#add(before, after, (bytes[border - 1] as number) & 3);
    }
  }

  /** Whether some merge may join the end of one character with the beginning of the next, a pair that this is for. */
  mayJoin(first: number, second: number): boolean {
    const hash = hashPair(first, second);
    if ((((this.#pairs[hash >> 5] as number) >>> (hash & 31)) & 1) !== 0) return true;
    const parts = this.#parts;
    return ((parts[first] as number) & ((parts[second] as number) >> 4)) !== 0;
  }

  #add(before: Characters, after: Characters, group: number): void {
    if (before.first === before.last && after.first === after.last) {
      const hash = hashPair(before.first, after.first);
      this.#pairs[hash >> 5] = (this.#pairs[hash >> 5] as number) | (1 << (hash & 31));
      return;
    }
    this.#mark(before, 1 << group);
    this.#mark(after, 1 << (group + 4));
  }

  #mark({ first, last, step }: Characters, bits: number): void {
    for (let point = first; point <= last; point += step)
      this.#parts[point] = (this.#parts[point] as number) | bits;
  }
}

/** The characters that may end at `border`, of which the bytes from `start` on are known; undefined: none of up to three bytes. */
function charactersBefore(
  bytes: Uint8Array,
  start: number,
  border: number,
): Characters | undefined {
  const last = bytes[border - 1] as number;
  if (last < 0x80) return only(last);
  if (!isContinuation(last)) return undefined;
  const low = last & 0x3f;
  if (border - start === 1) return { first: 0x80 | low, last: 0xffc0 | low, step: 1 << 6 };
  const middle = bytes[border - 2] as number;
  if (middle >= 0xc0 && middle < 0xe0) return only(((middle & 0x1f) << 6) | low);
  if (!isContinuation(middle)) return undefined;
  const end = ((middle & 0x3f) << 6) | low;
  if (border - start === 2) return { first: end, last: 0xf000 | end, step: 1 << 12 };
  return isLead(bytes[border - 3] as number) ? only(pointAt(bytes, border - 3)) : undefined;
}

/** The same of those that may begin at `start`. */
function charactersAt(bytes: Uint8Array, start: number, end: number): Characters | undefined {
  const lead = bytes[start] as number;
  if (lead < 0x80) return only(lead);
  if (lead < 0xc0 || lead >= 0xf0) return undefined;
  const at = (i: number, fill: number): number =>
    (start + i < end ? (bytes[start + i] as number) : fill) & 0x3f;
  const point = (fill: number): number =>
    lead < 0xe0
      ? ((lead & 0x1f) << 6) | at(1, fill)
      : ((lead & 0x0f) << 12) | (at(1, fill) << 6) | at(2, fill);
  return { first: point(0x80), last: point(0xbf), step: 1 };
}

function only(point: number): Characters {
  return { first: point, last: point, step: 1 };
}

/** Code point of the three bytes at `i`. */
export function pointAt(bytes: Uint8Array, i: number): number {
  return (
    (((bytes[i] as number) & 0x0f) << 12) |
    (((bytes[i + 1] as number) & 0x3f) << 6) |
    ((bytes[i + 2] as number) & 0x3f)
  );
}

/** Code point of one or two bytes; −1 of four. */
export function shortPointAt(bytes: Uint8Array, i: number, width: number): number {
  const byte = bytes[i] as number;
  if (width === 1) return byte;
  return width === 2 ? ((byte & 0x1f) << 6) | ((bytes[i + 1] as number) & 0x3f) : -1;
}

/** Whether a byte begins a character of three bytes. */
export function isLead(byte: number): boolean {
  return byte >= 0xe0 && byte < 0xf0;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}

function hashPair(first: number, second: number): number {
  return (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> 12;
}
