/**
 * The most probable way to write a text as pieces (Kudo 2018, section 3.1): dynamic programming over the position where
 * each piece ends. Scores are log probabilities. A character that is no piece by itself may be unknown, at a cost.
 */
import type { PieceTrie } from './piece-trie.ts';

export class Viterbi {
  readonly #trie: PieceTrie;
  readonly #scores: Float64Array;
  readonly #unkScore: number;
  /** For each end: the best score, where its last piece begins (−1: unreached), and that piece's id (−1: unknown). */
  #best = new Float64Array(256);
  #from = new Int32Array(256);
  #id = new Int32Array(256);

  constructor(trie: PieceTrie, scores: Float64Array, unkScore: number) {
    this.#trie = trie;
    this.#scores = scores;
    this.#unkScore = unkScore;
  }

  /** Fills the tables; returns the best score of the whole text. `without` is an id that must not be used. */
  run(text: string, without = -1): number {
    const length = text.length;
    this.#reserve(length + 1);
    const best = this.#best;
    const from = this.#from.fill(-1, 0, length + 1);
    const ids = this.#id;
    const trie = this.#trie;
    const scores = this.#scores;
    best[0] = 0;
    for (let start = 0; start < length;) {
      const here = best[start] as number;
      const unit = text.charCodeAt(start);
      const isPair = unit >= 0xd800 && unit < 0xdc00 && start + 1 < length;
      const characterEnd = start + (isPair ? 2 : 1);
      let hasSingle = false;
      let node = trie.child(0, unit);
      for (let end = start + 1; node >= 0; end++) {
        const id = trie.idAt(node);
        if (id >= 0 && id !== without) {
          const score = here + (scores[id] as number);
          if (from[end] === -1 || score > (best[end] as number)) {
            best[end] = score;
            from[end] = start;
            ids[end] = id;
          }
          if (end === characterEnd) hasSingle = true;
        }
        if (end >= length) break;
        node = trie.child(node, text.charCodeAt(end));
      }
      if (!hasSingle) {
        const score = here + this.#unkScore;
        if (from[characterEnd] === -1 || score > (best[characterEnd] as number)) {
          best[characterEnd] = score;
          from[characterEnd] = start;
          ids[characterEnd] = -1;
        }
      }
      start = characterEnd;
    }
    return best[length] as number;
  }

  /** After `run`: where the best piece that ends at `end` begins. */
  startOf(end: number): number {
    return this.#from[end] as number;
  }

  /** After `run`: the id of the best piece that ends at `end`, −1 for an unknown character. */
  idOf(end: number): number {
    return this.#id[end] as number;
  }

  #reserve(length: number): void {
    if (length <= this.#best.length) return;
    const size = length + (length >> 1);
    this.#best = new Float64Array(size);
    this.#from = new Int32Array(size);
    this.#id = new Int32Array(size);
  }
}
