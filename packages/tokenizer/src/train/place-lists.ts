/**
 * For each pair of symbols, the list of places where a round of training put it: whole words (their few symbols are
 * scanned), or single symbols of very long words. Lists are chains of nodes in typed arrays, in the order of adding.
 */
import { grown } from './pair-counts.ts';

/** In place of a position: the whole word. */
export const WHOLE_WORD = -1;

export class PlaceLists {
  #word = new Int32Array(1 << 12);
  #position = new Int32Array(1 << 12);
  #next = new Int32Array(1 << 12);
  #nodes = 0;
  /** First and last node of the list that is being built for a pair; first is −1 where there is none. */
  #first = new Int32Array(1 << 12).fill(-1);
  #last = new Int32Array(1 << 12);
  /** Pairs that have a list being built. */
  #pairs: number[] = [];

  /** Adds a place to the pair's list; a whole word only once in a row. */
  add(pair: number, word: number, position: number): void {
    if (pair >= this.#first.length) this.#growPairs(pair);
    const isNew = this.#first[pair] === -1;
    const last = this.#last[pair] as number;
    if (!isNew && position === WHOLE_WORD && this.#word[last] === word) return;
    const node = this.#nodes++;
    if (node >= this.#word.length) this.#growNodes(node);
    this.#word[node] = word;
    this.#position[node] = position;
    this.#next[node] = -1;
    if (isNew) {
      this.#first[pair] = node;
      this.#pairs.push(pair);
    } else this.#next[last] = node;
    this.#last[pair] = node;
  }

  /** Ends the lists being built: calls `visit` with each pair and the first node of its list. */
  finish(visit: (pair: number, first: number) => void): void {
    for (const pair of this.#pairs) {
      visit(pair, this.#first[pair] as number);
      this.#first[pair] = -1;
    }
    this.#pairs = [];
  }

  /** The node after, or −1. */
  next(node: number): number {
    return this.#next[node] as number;
  }

  wordOf(node: number): number {
    return this.#word[node] as number;
  }

  /** A position in a long word, or WHOLE_WORD. */
  positionOf(node: number): number {
    return this.#position[node] as number;
  }

  #growPairs(pair: number): void {
    const length = this.#first.length;
    this.#first = grown(this.#first, pair);
    this.#first.fill(-1, length);
    this.#last = grown(this.#last, pair);
  }

  #growNodes(node: number): void {
    this.#word = grown(this.#word, node);
    this.#position = grown(this.#position, node);
    this.#next = grown(this.#next, node);
  }
}
