/** The fast path of BERT: normalizing, splitting and WordPiece in one, remembered for each stretch between blanks. */
import type { IdBuffer } from '../model.ts';
import { IdBuffer as Buffer } from '../model.ts';
import { wellFormed } from '../unicode/well-formed.ts';
import { forEachBlankWord } from './blank-words.ts';
import type { WordPieceModel } from './word-piece-model.ts';

const CACHED_LENGTH = 48;
const CACHED_WORDS = 200_000;

export class BertEncoder {
  readonly #model: WordPieceModel;
  readonly #normalize: (text: string) => string;
  readonly #split: (text: string) => string[];
  readonly #cache = new Map<string, Int32Array>();
  readonly #buffer = new Buffer(64);

  constructor(
    model: WordPieceModel,
    normalize: (text: string) => string,
    split: (text: string) => string[],
  ) {
    this.#model = model;
    this.#normalize = normalize;
    this.#split = split;
  }

  /** @param text As it came: not normalized. */
  encode(text: string, output: IdBuffer): void {
    forEachBlankWord(text, (word) => {
      const cached = this.#cache.get(word);
      if (cached !== undefined) output.append(cached);
      else this.#encodeNew(word, output);
    });
  }

  clearCache(): void {
    this.#cache.clear();
  }

  #encodeNew(word: string, output: IdBuffer): void {
    const buffer = this.#buffer;
    buffer.length = 0;
    for (const piece of this.#split(this.#normalize(wellFormed(word))))
      this.#model.tokenize(piece, buffer);
    const ids = buffer.toInt32Array();
    output.append(ids);
    if (word.length > CACHED_LENGTH) return;
    if (this.#cache.size >= CACHED_WORDS) this.#cache.clear();
    this.#cache.set(word, ids);
  }
}
