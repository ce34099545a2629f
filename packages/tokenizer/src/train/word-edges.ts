/**
 * Where the pieces of a vocabulary fit in words: the edges of the words' lattices, in flat arrays. Unigram training only
 * ever takes pieces away, so the edges are found once and then thinned out.
 */
import type { PieceTrie } from '../unigram/piece-trie.ts';

/** The id of an edge for a character that is no piece. */
export const UNKNOWN = -1;

export class WordEdges {
  /** The edges of word i lie from `firsts[i]` to `firsts[i + 1]`, in the order of their starts. */
  readonly firsts: Int32Array;
  /** Lengths of the words in UTF-16 units. */
  readonly sizes: Int32Array;
  /** Of each edge: the unit of the word where it begins, the one where it ends, and its piece. */
  starts: Int32Array;
  ends: Int32Array;
  ids: Int32Array;
  size = 0;

  constructor(words: readonly string[], trie: PieceTrie) {
    this.firsts = new Int32Array(words.length + 1);
    this.sizes = Int32Array.from(words, ({ length }) => length);
    const expected = this.sizes.reduce((sum, size) => sum + size * 4, 1024);
    this.starts = new Int32Array(expected);
    this.ends = new Int32Array(expected);
    this.ids = new Int32Array(expected);
    words.forEach((word, i) => {
      this.#find(word, trie);
      this.firsts[i + 1] = this.size;
    });
  }

  #find(text: string, trie: PieceTrie): void {
    for (let start = 0; start < text.length;) {
      const characterEnd = start + ((text.codePointAt(start) as number) > 0xffff ? 2 : 1);
      let hasSingle = false;
      let node = 0;
      for (let end = start + 1; end <= text.length; end++) {
        node = trie.child(node, text.charCodeAt(end - 1));
        if (node < 0) break;
        const id = trie.idAt(node);
        if (id < 0) continue;
        this.#add(start, end, id);
        hasSingle ||= end === characterEnd;
      }
      if (!hasSingle) this.#add(start, characterEnd, UNKNOWN);
      start = characterEnd;
    }
  }

  #add(start: number, end: number, id: number): void {
    if (this.size === this.ids.length) {
      this.starts = doubled(this.starts);
      this.ends = doubled(this.ends);
      this.ids = doubled(this.ids);
    }
    this.starts[this.size] = start;
    this.ends[this.size] = end;
    this.ids[this.size++] = id;
  }

  /** @param newIds By old id; −1: the piece is gone. @param isCharacter By old id: an edge of one goes on as unknown. */
  renumber(newIds: Int32Array, isCharacter: Uint8Array): void {
    const { firsts, starts, ends, ids } = this;
    let write = 0;
    let read = 0;
    for (let word = 0; word + 1 < firsts.length; word++) {
      for (const end = firsts[word + 1] as number; read < end; read++) {
        const old = ids[read] as number;
        const id = old < 0 ? UNKNOWN : (newIds[old] as number);
        if (id < 0 && old >= 0 && isCharacter[old] === 0) continue;
        starts[write] = starts[read] as number;
        ends[write] = ends[read] as number;
        ids[write++] = id;
      }
      firsts[word + 1] = write;
    }
    this.size = write;
  }
}

function doubled(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
