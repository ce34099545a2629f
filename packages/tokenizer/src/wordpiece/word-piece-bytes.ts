/** WordPiece of a word of UTF-8: what `WordPieceModel` does on strings, with tries of the tokens that begin and that go on. */
import type { RawTokens } from '../bpe/raw-tokens.ts';
import { CharacterTrie } from '../unigram/character-trie.ts';
import type { WordPieceModel } from './word-piece-model.ts';

export class WordPieceBytes {
  readonly #model: WordPieceModel;
  readonly #begins: CharacterTrie;
  readonly #goesOn: CharacterTrie;

  constructor(model: WordPieceModel) {
    this.#model = model;
    const { packed } = model.vocabulary;
    this.#begins = new CharacterTrie(packed);
    this.#goesOn = new CharacterTrie(withoutPrefix(packed, model.prefix));
  }

  /** Writes the ids of the word `bytes[0..end)` to `ids` from `count` on; returns the new count. */
  encode(bytes: Uint8Array, end: number, ids: Int32Array, count: number): number {
    const { maxCharacters, unkId } = this.#model;
    const begin = count;
    if (end > maxCharacters && characters(bytes, end) > maxCharacters) end = 0;
    let trie = this.#begins;
    let start = 0;
    while (start < end) {
      const id = trie.longest(bytes, start, end);
      if (id < 0) break;
      ids[count++] = id;
      start = trie.matchEnd;
      trie = this.#goesOn;
    }
    if (start === end && end > 0) return count;
    ids[begin] = unkId;
    return begin + 1;
  }
}

function characters(bytes: Uint8Array, end: number): number {
  let count = 0;
  for (let i = 0; i < end; i++) if (((bytes[i] as number) & 0xc0) !== 0x80) count++;
  return count;
}

/** The tokens that begin with the prefix, without it; the others are holes. */
function withoutPrefix({ bytes, starts, ends }: RawTokens, prefix: string): RawTokens {
  const own = new TextEncoder().encode(prefix);
  const begins = (start: number): boolean => own.every((byte, i) => bytes[start + i] === byte);
  const rest = starts.map((start, id) => {
    const isLonger = start >= 0 && (ends[id] as number) - start > own.length;
    return isLonger && begins(start) ? start + own.length : -1;
  });
  return { bytes, starts: rest, ends };
}
