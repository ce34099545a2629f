/**
 * The most probable way to write a stretch of UTF-8 as pieces: what `Viterbi` does on strings, character by character.
 * Sums go from left to right, and of equal ones the piece that began first stays, as in Rust `tokenizers`.
 */
import { characterAt, characterLength } from '../unicode/utf8.ts';
import type { CharacterTrie } from './character-trie.ts';

export class CharacterViterbi {
  /** Characters of the stretch that `run` was given. */
  length = 0;
  readonly #trie: CharacterTrie;
  readonly #scores: Float64Array;
  readonly #unkScore: number;
  #characters = new Int32Array(64);
  /** Where each character begins in the bytes, and at the end where the last one ends. */
  #places = new Int32Array(64);
  /** By the end of a piece, in characters: the best score so far, where that piece begins, its id (−1: unknown). */
  #best = new Float64Array(64);
  #from = new Int32Array(64);
  #id = new Int32Array(64);

  constructor(trie: CharacterTrie, scores: Float64Array, unkScore: number) {
    this.#trie = trie;
    this.#scores = scores;
    this.#unkScore = unkScore;
  }

  /** Fills the tables for `bytes[start..end)`. */
  run(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#read(bytes, start, end);
    const trie = this.#trie;
    const scores = this.#scores;
    const characters = this.#characters;
    const best = this.#best;
    const from = this.#from;
    const ids = this.#id;
    best[0] = 0;
    for (let place = 0; place < length; place++) {
      const here = best[place] as number;
      const first = characters[place] as number;
      let node = trie.first(first);
      let i = place + 1;
      let hasSingle = false;
      if (node > 0) {
        const id = trie.idAt(node);
        if (id >= 0) {
          hasSingle = true;
          const score = here + (scores[id] as number);
          if (score > (best[i] as number)) {
            best[i] = score;
            from[i] = place;
            ids[i] = id;
          }
        }
      }
      if (!hasSingle && here + this.#unkScore > (best[i] as number)) {
        best[i] = here + this.#unkScore;
        from[i] = place;
        ids[i] = -1;
      }
      if (i === length) break;
      const second = characters[i] as number;
      if (first < 0x80 && second < 0x80) node = trie.pair(first, second);
      else if (node > 0) node = trie.child(node, second);
      while (node > 0) {
        i++;
        const id = trie.idAt(node);
        if (id >= 0) {
          const score = here + (scores[id] as number);
          if (score > (best[i] as number)) {
            best[i] = score;
            from[i] = place;
            ids[i] = id;
          }
        }
        if (i === length) break;
        node = trie.child(node, characters[i] as number);
      }
    }
  }

  /** Reads the characters and empties the tables; returns how many there are. */
  #read(bytes: Uint8Array, start: number, end: number): number {
    this.#reserve(end - start + 1);
    const characters = this.#characters;
    const places = this.#places;
    let count = 0;
    for (let i = start; i < end;) {
      const byte = bytes[i] as number;
      places[count] = i;
      characters[count] = byte < 0x80 ? byte : characterAt(bytes, i);
      i += characterLength(byte);
      count++;
      this.#best[count] = Number.NEGATIVE_INFINITY;
      // What only infinitely improbable pieces lead to is unknown.
      this.#from[count] = count - 1;
      this.#id[count] = -1;
    }
    places[count] = end;
    return (this.length = count);
  }

  /** After `run`: where the best piece that ends at `end` begins, in characters. */
  startOf(end: number): number {
    return this.#from[end] as number;
  }

  /** After `run`: the id of the best piece that ends at `end`, −1 for an unknown character. */
  idOf(end: number): number {
    return this.#id[end] as number;
  }

  /** After `run`: the place in the bytes of a place in characters. */
  placeOf(character: number): number {
    return this.#places[character] as number;
  }

  #reserve(length: number): void {
    if (length <= this.#best.length) return;
    const size = length + (length >> 1);
    this.#characters = new Int32Array(size);
    this.#places = new Int32Array(size);
    this.#best = new Float64Array(size);
    this.#from = new Int32Array(size);
    this.#id = new Int32Array(size);
  }
}
