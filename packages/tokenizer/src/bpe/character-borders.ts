/**
 * Which neighbouring characters merges may join. In Chinese hardly any are, so that a long stretch falls apart into
 * characters and a few words, which come again and again where the stretch itself never does.
 *
 * Only characters of three bytes of UTF-8 (U+0800 to U+FFFF) are told apart. A merge joins two of them only if its left
 * part ends where the first ends, and its right part begins where the second begins; so one look at the list of merges
 * tells which pairs never are. What it says of others may be wrong one way: `mayJoin` may be true of characters that
 * nothing joins.
 */
import type { RawTokens } from './raw-tokens.ts';

/** Bits for pairs of whole characters, by their hash. */
const PAIR_BITS = 1 << 19;
const BYTES = 3;

export class CharacterBorders {
  readonly #pairs = new Int32Array(PAIR_BITS >> 5);
  /** Low four bits: the groups of merges by parts of characters that the first may take part in; high four: the second. */
  readonly #parts = new Uint8Array(1 << 16);

  /** @param list left, right and merged id of each merge */
  constructor(list: Int32Array, { bytes, starts, ends }: RawTokens) {
    for (let i = 0; i < list.length; i += 3) {
      const left = list[i] as number;
      const right = list[i + 1] as number;
      const border = ends[left] as number;
      const start = starts[right] as number;
      if (!isLead(bytes[start] as number)) continue;
      if (!isContinuation(bytes[border - 1] as number)) continue;
      const before = Math.min(BYTES, border - (starts[left] as number));
      if (before === BYTES && !isLead(bytes[border - BYTES] as number)) continue;
      const after = Math.min(BYTES, (ends[right] as number) - start);
      this.#add(bytes, border, before, start, after);
    }
  }

  /** Whether some merge may join the end of one character with the beginning of the next; both of three bytes. */
  mayJoin(first: number, second: number): boolean {
    const hash = hashPair(first, second);
    if ((((this.#pairs[hash >> 5] as number) >>> (hash & 31)) & 1) !== 0) return true;
    const parts = this.#parts;
    return ((parts[first] as number) & ((parts[second] as number) >> 4)) !== 0;
  }

  /** A merge whose left part has `before` bytes of the first character, and whose right part has `after` of the second. */
  #add(bytes: Uint8Array, border: number, before: number, start: number, after: number): void {
    const [low, high] = firstCharacters(bytes, border, before);
    const from = pointOf(bytes, start, after, 0x80);
    const to = pointOf(bytes, start, after, 0xbf);
    if (low === high && from === to && before === BYTES) {
      const hash = hashPair(low, from);
      this.#pairs[hash >> 5] = (this.#pairs[hash >> 5] as number) | (1 << (hash & 31));
      return;
    }
    const group = 1 << ((bytes[border - 1] as number) & 3);
    const step = before === BYTES ? 1 : 1 << (6 * before);
    for (let point = low; point <= high; point += step) this.#mark(point, group);
    for (let point = from; point <= to; point++) this.#mark(point, group << 4);
  }

  #mark(point: number, bits: number): void {
    this.#parts[point] = (this.#parts[point] as number) | bits;
  }
}

/** The characters that end with the `count` bytes before `border`: every 64th or 4,096th from the first to the last. */
function firstCharacters(bytes: Uint8Array, border: number, count: number): [number, number] {
  const last = (bytes[border - 1] as number) & 0x3f;
  if (count === 1) return [last, 0xffc0 | last];
  const middle = (((bytes[border - 2] as number) & 0x3f) << 6) | last;
  if (count === 2) return [middle, 0xf000 | middle];
  const point = (((bytes[border - 3] as number) & 0x0f) << 12) | middle;
  return [point, point];
}

/** Code point of the `count` bytes of a character, filled up with `fill`. */
function pointOf(bytes: Uint8Array, start: number, count: number, fill: number): number {
  const second = count > 1 ? (bytes[start + 1] as number) : fill;
  const third = count > 2 ? (bytes[start + 2] as number) : fill;
  return (((bytes[start] as number) & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
}

/** Code point of the three bytes at `i`. */
export function pointAt(bytes: Uint8Array, i: number): number {
  return (
    (((bytes[i] as number) & 0x0f) << 12) |
    (((bytes[i + 1] as number) & 0x3f) << 6) |
    ((bytes[i + 2] as number) & 0x3f)
  );
}

/** Whether a byte begins a character of three bytes. */
export function isLead(byte: number): boolean {
  return byte >= 0xe0 && byte < 0xf0;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}

function hashPair(first: number, second: number): number {
  return (Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b)) >>> 13;
}
