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

export class Backtracker {
  /** Where `encode` stopped: at the end, or at a base symbol that is missing. */
  stoppedAt = 0;
  readonly #trie: TokenTrie;
  readonly #splits: TokenSplits;
  /** By place in the piece: 1 where no tokens can go on. */
  #isDead = new Uint8Array(256);

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
      if (
        !splits.isReachable(token) ||
        (hasDead && this.#isDead[next - start] === 1) ||
        (count > begin && !splits.areNeighbours(ids[count - 1] as number, token))
      ) {
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

  #reserve(length: number): void {
    if (length >= this.#isDead.length) this.#isDead = new Uint8Array(length * 2);
  }
}
