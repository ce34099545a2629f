/**
 * BPE of bytes without merging: take the longest token at each place, unless it may not stand beside the one before; then
 * the next shorter, and if none will do, go back one token. The tokens that are left are those of the merges, because a
 * sequence of tokens is the right one exactly if each pair of neighbours is (GitHub's `bpe` crate). A place that
 * was given up is never tried again, so the time is linear.
 */
import type { MergeTable } from './merge-table.ts';
import type { RawTokens } from './raw-tokens.ts';
import { TokenSplits } from './token-splits.ts';
import { TokenTrie } from './token-trie.ts';

/** Long pieces often consist of few different pairs. */
const KNOWN_PAIRS = 1 << 12;
const KNOWN_STRIDE = 4;

export class Backtracker {
  /** Where `encode` stopped: at the end, or at a base symbol that is missing. */
  stoppedAt = 0;
  readonly #trie: TokenTrie;
  readonly #splits: TokenSplits;
  /** By place in the piece: 1 where no tokens can go on. */
  #isDead = new Uint8Array(256);
  /** What `#follow` found, each at the place of its hash: left + 1, token, and which token it is. */
  readonly #known = new Int32Array(KNOWN_PAIRS * KNOWN_STRIDE);

  /** Undefined where some merges may come in another order than that of their ranks. @param bases the symbols that merging starts from */
  static create(
    table: MergeTable,
    tokens: RawTokens,
    bases: readonly number[],
  ): Backtracker | undefined {
    const splits = new TokenSplits(table, tokens, bases);
    return splits.isOrdered ? new Backtracker(table, tokens, bases, splits) : undefined;
  }

  private constructor(
    table: MergeTable,
    tokens: RawTokens,
    bases: readonly number[],
    splits: TokenSplits,
  ) {
    this.#splits = splits;
    this.#trie = new TokenTrie(table, splits, tokens, bases);
  }

  /** Whether merges make the token; others only ever stand for a whole piece (`ignore_merges`). */
  isMade(id: number): boolean {
    return this.#splits.isMade(id);
  }

  /** Whether the bytes of the token, as a text, merge to it. */
  isReachable(id: number): boolean {
    return this.#splits.isReachable(id);
  }

  /**
   * Writes the tokens of `bytes[start..end)`, as far as there are base symbols for it (`stoppedAt`), to `ids` from `count`
   * on; returns the new count. With `takesWhole` a token that is the whole piece need not be reachable.
   */
  encode(
    bytes: Uint8Array,
    start: number,
    end: number,
    ids: Int32Array,
    count: number,
    takesWhole = false,
  ): number {
    const trie = this.#trie;
    const splits = this.#splits;
    const begin = count;
    const length = end - start;
    let hasDead = false;
    let place = start;
    let token = trie.longest(bytes, start, end);
    if (takesWhole && token >= 0 && splits.lengthOf(token) === length) {
      this.stoppedAt = end;
      ids[count] = token;
      return count + 1;
    }
    // A base symbol begins with itself; so only where there is none is there no token at all.
    if (token < 0) end = start;
    while (place < end) {
      token =
        count > begin ? this.#follow(ids[count - 1] as number, token) : this.#reachable(token);
      if (token < 0) {
        // No token goes on from here: nor does one that ends here.
        if (!hasDead) this.#reserve(length);
        hasDead = true;
        this.#isDead[place - start] = 1;
        const last = ids[--count] as number;
        place -= splits.lengthOf(last);
        token = trie.shorter(last);
        continue;
      }
      const next = place + splits.lengthOf(token);
      if (hasDead && this.#isDead[next - start] === 1) {
        token = trie.shorter(token);
        continue;
      }
      ids[count++] = token;
      place = next;
      if (place < end) {
        token = trie.longest(bytes, place, end);
        if (token < 0) end = place;
      }
    }
    this.stoppedAt = end;
    if (hasDead) this.#isDead.fill(0, 0, end - start + 1);
    return count;
  }

  /** The first of a token and its shorter ones that its bytes merge to; −1 if there is none. */
  #reachable(token: number): number {
    while (token >= 0 && !this.#splits.isReachable(token)) token = this.#trie.shorter(token);
    return token;
  }

  /** The first of a token and its shorter ones that may stand behind `left`; −1 if there is none. */
  #follow(left: number, token: number): number {
    if (token < 0) return token;
    const known = this.#known;
    const hash = Math.imul(left, 0x9e3779b1) ^ Math.imul(token, 0x85ebca6b);
    const place = (hash >>> 20) * KNOWN_STRIDE;
    if (known[place] === left + 1 && known[place + 1] === token) return known[place + 2] as number;
    let found = this.#reachable(token);
    while (found >= 0 && !this.#splits.areNeighbours(left, found))
      found = this.#reachable(this.#trie.shorter(found));
    known[place] = left + 1;
    known[place + 1] = token;
    known[place + 2] = found;
    return found;
  }

  #reserve(length: number): void {
    if (length >= this.#isDead.length) this.#isDead = new Uint8Array(length * 2);
  }
}
