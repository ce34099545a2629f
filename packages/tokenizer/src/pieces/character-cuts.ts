/**
 * Where text without blanks may be cut: between two characters that are tokens by themselves and that stand side by side
 * in no token. No merge and no piece crosses there, so what lies on either side is tokenized by itself. In Chinese most
 * characters part so, and in code names from what stands between them. Characters of one and of three bytes of UTF-8
 * are looked at, among their like.
 */
import type { RawTokens } from '../bpe/raw-tokens.ts';
import { characterAt, characterLength } from '../unicode/utf8.ts';

/** Bits for each pair, so that few pairs are taken for another. */
const BITS_PER_PAIR = 16;
const FEWEST_BITS = 1 << 14;
const MOST_BITS = 1 << 22;

/** In `asciiCuts`: what is no character before the next one. */
export const NO_ASCII = 0x80;

export class CharacterCuts {
  /** 1 where two ASCII characters (first · 128 + second) may be parted. */
  readonly asciiCuts: Uint8Array;
  /** One bit for each character. */
  readonly #known = new Int32Array(1 << 11);
  /** One bit for each hash of a pair. */
  readonly #pairs: Int32Array;
  readonly #mask: number;

  /** @param tokens a hole begins at −1 */
  constructor(tokens: RawTokens) {
    const { singles, pairs } = charactersOf(tokens);
    this.asciiCuts = asciiCutsOf(singles, pairs);
    let bits = FEWEST_BITS;
    while (bits < MOST_BITS && bits < pairs.length * BITS_PER_PAIR) bits *= 2;
    this.#pairs = new Int32Array(bits >> 5);
    this.#mask = bits - 1;
    for (const character of singles) setBit(this.#known, character);
    for (let i = 0; i < pairs.length; i += 2)
      setBit(this.#pairs, this.#place(pairs[i] as number, pairs[i + 1] as number));
  }

  /** Whether the character is a token. */
  isKnown(character: number): boolean {
    return (((this.#known[character >> 5] as number) >>> (character & 31)) & 1) === 1;
  }

  /** False only if no token holds the two side by side. */
  areJoined(first: number, second: number): boolean {
    const place = this.#place(first, second);
    return (((this.#pairs[place >> 5] as number) >>> (place & 31)) & 1) === 1;
  }

  #place(first: number, second: number): number {
    const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }
}

/** By character of three bytes: the token that it is + 1. */
export function characterIds(
  { bytes, starts, ends }: RawTokens,
  isTaken: (id: number) => boolean,
): Int32Array {
  const ids = new Int32Array(1 << 16);
  for (let id = 0; id < starts.length; id++) {
    const start = starts[id] as number;
    if (start < 0 || (ends[id] as number) !== start + 3) continue;
    if ((bytes[start] as number) >= 0xe0) ids[characterAt(bytes, start)] = isTaken(id) ? id + 1 : 0;
  }
  return ids;
}

function setBit(bits: Int32Array, place: number): void {
  bits[place >> 5] = (bits[place >> 5] as number) | (1 << (place & 31));
}

function asciiCutsOf(singles: readonly number[], pairs: readonly number[]): Uint8Array {
  const cuts = new Uint8Array((NO_ASCII + 1) << 7);
  const ascii = singles.filter((character) => character < 0x80);
  for (const first of ascii) for (const second of ascii) cuts[(first << 7) | second] = 1;
  for (let i = 0; i < pairs.length; i += 2)
    if ((pairs[i] as number) < 0x80)
      cuts[((pairs[i] as number) << 7) | (pairs[i + 1] as number)] = 0;
  return cuts;
}

/** The characters that are tokens, and one after the other the pairs of like characters in tokens. */
function charactersOf({ bytes, starts, ends }: RawTokens): {
  readonly singles: number[];
  readonly pairs: number[];
} {
  const singles: number[] = [];
  const pairs: number[] = [];
  for (let id = 0; id < starts.length; id++) {
    const start = starts[id] as number;
    if (start < 0) continue;
    const end = ends[id] as number;
    let before = 0;
    let lengthBefore = 0;
    for (let i = start; i < end;) {
      const character = characterAt(bytes, i);
      const length = characterLength(bytes[i] as number);
      i += length;
      if (length === 2 || length === 4) lengthBefore = 0;
      else if (end - start === length) singles.push(character);
      else {
        if (lengthBefore === length) pairs.push(before, character);
        before = character;
        lengthBefore = length;
      }
    }
  }
  return { singles, pairs };
}
