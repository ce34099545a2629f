/**
 * Words of many symbols (a line of base64, a book without blanks) as linked lists: a merge touches only the places that
 * it changes. Scanning such a word for every merge would make training quadratic in its length.
 */
import type { Words } from './learn-merges.ts';

/** Longer words are linked; shorter ones are faster to scan. */
export const SCANNED_LENGTH = 512;
/** A symbol that a merge has swallowed. */
const GONE = -1;

export class LongWords {
  readonly #words: Words;
  /** Positions in `symbols` of the neighbours, −1 at the ends of a word. Empty where no word is long. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;

  constructor(words: Words) {
    const { lengths, symbols } = words;
    const hasLong = lengths.some((length) => length > SCANNED_LENGTH);
    this.#words = words;
    this.#next = new Int32Array(hasLong ? symbols.length : 0);
    this.#previous = new Int32Array(hasLong ? symbols.length : 0);
    for (let word = 0; hasLong && word < lengths.length; word++) this.#link(word);
  }

  #link(word: number): void {
    const start = this.#words.starts[word] as number;
    const length = this.#words.lengths[word] as number;
    for (let i = start; i < start + length; i++) {
      this.#previous[i] = i === start ? -1 : i - 1;
      this.#next[i] = i + 1 === start + length ? -1 : i + 1;
    }
  }

  has(word: number): boolean {
    return (this.#words.lengths[word] as number) > SCANNED_LENGTH;
  }

  /** Merges the pair at a position, if it is still there. Returns whether it was. */
  merge(position: number, left: number, right: number, merged: number): boolean {
    const { symbols } = this.#words;
    const second = this.#next[position] as number;
    if (symbols[position] !== left || second < 0 || symbols[second] !== right) return false;
    const after = this.#next[second] as number;
    symbols[position] = merged;
    symbols[second] = GONE;
    this.#next[position] = after;
    if (after >= 0) this.#previous[after] = position;
    return true;
  }

  /** Position of the symbol before, or −1. */
  before(position: number): number {
    return this.#previous[position] as number;
  }

  /** Position of the symbol after, or −1. */
  after(position: number): number {
    return this.#next[position] as number;
  }
}
