/**
 * How each token of an ordered list of merges comes about, and from that whether two tokens may stand side by side.
 *
 * In such a list (`MergeTable.isOrdered`) a token that its own bytes merge to is always made by the same last merge, its
 * split. Two neighbours are right exactly if no merge across their border came before the ones that made them: undo
 * their last merges, the latest first, and look. Method: GitHub's `bpe` crate, `is_valid_token_pair`; here ranks need not
 * be ids, and bit sets of bytes rule out most pairs without a look. Several merges may make one token; the first
 * that its parts can reach is the split, the others never happen.
 */
import type { RawTokens } from './raw-tokens.ts';
import type { MergeTable } from './merge-table.ts';

/** Fields of a token in `borders`. Sets are of 32 classes of bytes. */
const BORDER_STRIDE = 4;
/** First bytes of what a proper right part of the token merges with on its right. */
const INNER_RIGHT = 0;
/** Last bytes of what a proper left part of the token merges with on its left. */
const INNER_LEFT = 1;
/** First bytes of what the token itself merges with on its right. */
const OWN_RIGHT = 2;
/** Class of the first byte, that of the last one << 5, length in bytes << 10, and `CHECKED`. */
const SHAPE = 3;
/** The token is known to be reachable. */
const CHECKED = 1 << 30;
/** No token is longer. */
const LENGTH_MASK = (1 << 20) - 1;

/** Fields of a token in `#splits`. */
const SPLIT_STRIDE = 3;
const RANK = 0;
const LEFT = 1;
const RIGHT = 2;

const UNREACHABLE = -2;
const BASE = -1;
const NO_LIMIT = 0x7fffffff;

export class TokenSplits {
  /**
   * Whether all merges that ever happen do so in the order of their ranks. Only then does the rest of this hold.
   */
  readonly isOrdered: boolean;
  readonly #borders: Int32Array;
  readonly #splits: Int32Array;
  readonly #table: MergeTable;
  /** @param bases the symbols that merging starts from */
  constructor(table: MergeTable, { bytes, starts, ends }: RawTokens, bases: readonly number[]) {
    const size = starts.length;
    this.#table = table;
    this.#borders = new Int32Array(size * BORDER_STRIDE);
    this.#splits = new Int32Array(size * SPLIT_STRIDE);
    for (let id = 0; id < size; id++) {
      this.#splits[id * SPLIT_STRIDE + RANK] = UNREACHABLE;
      const [start, end] = [starts[id] as number, ends[id] as number];
      if (start < 0 || start === end || end - start > LENGTH_MASK) continue;
      this.#borders[id * BORDER_STRIDE + SHAPE] =
        classOf(bytes[start] as number) |
        (classOf(bytes[end - 1] as number) << 5) |
        ((end - start) << 10);
    }
    for (const id of bases) this.#splits[id * SPLIT_STRIDE + RANK] = BASE;
    this.#findSplits(this.#findPartners());
    this.isOrdered =
      !starts.some((start, id) => (ends[id] as number) - start > LENGTH_MASK) &&
      (table.isOrdered || (!table.hasRepeats && this.#isInOrder()));
  }

  /** Whether the bytes of a token merge to it. */
  isReachable(id: number): boolean {
    return (
      ((this.#borders[id * BORDER_STRIDE + SHAPE] as number) & CHECKED) !== 0 || this.#check(id)
    );
  }

  /** Whether some merge makes the token, or it is a base symbol. */
  isMade(id: number): boolean {
    return this.#splits[id * SPLIT_STRIDE + RANK] !== UNREACHABLE;
  }

  /** Rank of the merge that makes a token; negative if none does. */
  rank(id: number): number {
    return this.#splits[id * SPLIT_STRIDE + RANK] as number;
  }

  /** Left part of a token that a merge makes; −1 for others. */
  left(id: number): number {
    const split = id * SPLIT_STRIDE;
    return (this.#splits[split + RANK] as number) < 0 ? -1 : (this.#splits[split + LEFT] as number);
  }

  /** In bytes. */
  lengthOf(id: number): number {
    return ((this.#borders[id * BORDER_STRIDE + SHAPE] as number) >> 10) & LENGTH_MASK;
  }

  /** Its parts must be reachable, and stand side by side until its merge. */
  #check(id: number): boolean {
    const split = id * SPLIT_STRIDE;
    const rank = this.#splits[split + RANK] as number;
    if (rank === UNREACHABLE) return false;
    const left = this.#splits[split + LEFT] as number;
    const right = this.#splits[split + RIGHT] as number;
    const isGood =
      rank === BASE ||
      (this.isReachable(left) && this.isReachable(right) && this.areNeighbours(left, right, rank));
    if (isGood)
      this.#borders[id * BORDER_STRIDE + SHAPE] =
        (this.#borders[id * BORDER_STRIDE + SHAPE] as number) | CHECKED;
    return isGood;
  }

  /** What each token merges with on its right; returns the same for its left. */
  #findPartners(): Int32Array {
    const borders = this.#borders;
    const { list } = this.#table;
    const ownLeft = new Int32Array(borders.length / BORDER_STRIDE);
    for (let i = 0; i < list.length; i += 3) {
      const [left, right] = [list[i], list[i + 1]] as [number, number];
      const last = ((borders[left * BORDER_STRIDE + SHAPE] as number) >> 5) & 31;
      const first = (borders[right * BORDER_STRIDE + SHAPE] as number) & 31;
      const place = left * BORDER_STRIDE + OWN_RIGHT;
      borders[place] = (borders[place] as number) | (1 << first);
      ownLeft[right] = (ownLeft[right] as number) | (1 << last);
    }
    return ownLeft;
  }

  /**
   * Where each token has one merge, it is taken for its split, and checked when the token is needed. Where it has
   * several, the first that its parts can reach is.
   */
  #findSplits(ownLeft: Int32Array): void {
    const { isOrdered, hasSingleMerges } = this.#table;
    const isSingle = isOrdered && hasSingleMerges;
    const borders = this.#borders;
    const splits = this.#splits;
    const { list } = this.#table;
    for (let i = 0, rank = 0; i < list.length; i += 3, rank++) {
      const [left, right, merged] = [list[i], list[i + 1], list[i + 2]] as [number, number, number];
      if (this.isMade(merged) || !this.isMade(left) || !this.isMade(right)) continue;
      if (!isSingle && !this.areNeighbours(left, right, rank)) continue;
      splits[merged * SPLIT_STRIDE + RANK] = rank;
      splits[merged * SPLIT_STRIDE + LEFT] = left;
      splits[merged * SPLIT_STRIDE + RIGHT] = right;
      borders[merged * BORDER_STRIDE + INNER_RIGHT] =
        (borders[right * BORDER_STRIDE + OWN_RIGHT] as number) |
        (borders[right * BORDER_STRIDE + INNER_RIGHT] as number);
      borders[merged * BORDER_STRIDE + INNER_LEFT] =
        (ownLeft[left] as number) | (borders[left * BORDER_STRIDE + INNER_LEFT] as number);
    }
  }

  /**
   * Lists made from scores have merges that come before those of their parts (a + bcd where bcd is worse than abcd).
   * They never happen if the token is made in another way before both its parts are there.
   */
  #isInOrder(): boolean {
    const { list } = this.#table;
    for (let i = 0, rank = 0; i < list.length; i += 3, rank++) {
      const [left, right, merged] = [list[i], list[i + 1], list[i + 2]] as [number, number, number];
      const ready = Math.max(this.rank(left), this.rank(right));
      if (ready <= rank || !this.isMade(left) || !this.isMade(right)) continue;
      if (!this.isMade(merged) || this.rank(merged) >= ready) return false;
    }
    return true;
  }

  /** Whether the merges below `limit` leave `left` and `right` as they are side by side. */
  areNeighbours(left: number, right: number, limit = NO_LIMIT): boolean {
    const borders = this.#borders;
    const a = left * BORDER_STRIDE;
    const b = right * BORDER_STRIDE;
    const first = (borders[b + SHAPE] as number) & 31;
    const last = ((borders[a + SHAPE] as number) >> 5) & 31;
    if (
      (((borders[a + INNER_RIGHT] as number) >>> first) & 1) === 0 &&
      (((borders[b + INNER_LEFT] as number) >>> last) & 1) === 0
    ) {
      // Only the two as a whole can merge.
      if ((((borders[a + OWN_RIGHT] as number) >>> first) & 1) === 0) return true;
      return this.#rankOf(left, right) >= limit;
    }
    return this.#undo(left, right, limit);
  }

  #rankOf(left: number, right: number): number {
    const rank = this.#table.rankOf(left, right);
    return rank < 0 ? NO_LIMIT : rank;
  }

  #undo(left: number, right: number, limit: number): boolean {
    const splits = this.#splits;
    const borders = this.#borders;
    // Right parts begin with the same byte, however short.
    const first = (borders[right * BORDER_STRIDE + SHAPE] as number) & 31;
    for (;;) {
      const mayMerge = ((borders[left * BORDER_STRIDE + OWN_RIGHT] as number) >>> first) & 1;
      if (mayMerge === 1 && this.#rankOf(left, right) < limit) return false;
      const leftRank = splits[left * SPLIT_STRIDE + RANK] as number;
      const rightRank = splits[right * SPLIT_STRIDE + RANK] as number;
      if (leftRank > rightRank) {
        limit = leftRank;
        left = splits[left * SPLIT_STRIDE + RIGHT] as number;
      } else {
        if (rightRank === BASE) return true; // neither has a merge to undo
        // Of two of the same rank the left one came first: a merge of this rank here would be before it.
        limit = rightRank + 1;
        right = splits[right * SPLIT_STRIDE + LEFT] as number;
      }
    }
  }
}

/** 32 classes of bytes: the letters of one case, the digits, and the beginnings of characters are told apart. */
function classOf(byte: number): number {
  return byte & 31;
}
