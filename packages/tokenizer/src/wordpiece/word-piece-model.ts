/**
 * WordPiece (Schuster & Nakajima 2012; BERT's `WordpieceTokenizer`): the longest token that begins the word, then the
 * longest `##` token that goes on, and so on; a word with no such cover, or too long, is one [UNK].
 */
import type { JsonObject } from '../io/json-fields.ts';
import { formatError, integerField, optionalString } from '../io/json-fields.ts';
import type { IdBuffer, Model, TokenSpans } from '../model.ts';
import { TokenSpans as Spans } from '../model.ts';
import type { PackedModel } from '../packed/packed-model.ts';
import { Vocabulary } from '../vocabulary.ts';

export interface WordPieceOptions {
  /** @default '[UNK]' */
  readonly unkToken?: string;
  /** @default '##' */
  readonly continuingSubwordPrefix?: string;
  /** Longer words, in code points, are unknown. @default 100 */
  readonly maxInputCharsPerWord?: number;
}

export class WordPieceModel implements Model {
  readonly type = 'WordPiece';
  readonly vocabulary: Vocabulary;
  readonly #unkToken: string;
  readonly unkId: number;
  /** Begins tokens that go on within a word. */
  readonly prefix: string;
  /** Longer words are unknown. */
  readonly maxCharacters: number;
  /** Longest token in UTF-16 units: no longer stretch needs a look-up. */
  readonly #maxLength: number;
  readonly #spans = new Spans();

  constructor(vocabulary: Vocabulary, options: WordPieceOptions = {}) {
    this.vocabulary = vocabulary;
    this.#unkToken = options.unkToken ?? '[UNK]';
    this.prefix = options.continuingSubwordPrefix ?? '##';
    this.maxCharacters = options.maxInputCharsPerWord ?? 100;
    const unkId = vocabulary.idOf(this.#unkToken);
    if (unkId === undefined)
      throw formatError('model.unk_token', 'a token of the vocabulary', this.#unkToken);
    this.unkId = unkId;
    this.#maxLength = vocabulary.longest;
  }

  static fromJSON(json: JsonObject, path: string, packed?: PackedModel): WordPieceModel {
    return new WordPieceModel(Vocabulary.ofModel(json, path, packed), {
      unkToken: optionalString(json, 'unk_token', path),
      continuingSubwordPrefix: optionalString(json, 'continuing_subword_prefix', path),
      maxInputCharsPerWord: integerField(json, 'max_input_chars_per_word', path, 100),
    });
  }

  get vocabSize(): number {
    return this.vocabulary.size;
  }

  tokenToId(token: string): number | undefined {
    return this.vocabulary.idOf(token);
  }

  idToToken(id: number): string | undefined {
    return this.vocabulary.tokenAt(id);
  }

  tokenize(piece: string, output: IdBuffer): void {
    const spans = this.#spans;
    spans.clear();
    this.tokenizeSpans(piece, spans);
    output.append(spans.ids);
  }

  tokenizeSpans(piece: string, output: TokenSpans): void {
    const begin = output.ids.length;
    if (piece.length > this.maxCharacters && [...piece].length > this.maxCharacters) {
      return output.push(this.unkId, 0, piece.length);
    }
    for (let start = 0; start < piece.length;) {
      const end = this.#longest(piece, start, output);
      if (end === start) {
        output.truncate(begin);
        return output.push(this.unkId, 0, piece.length);
      }
      start = end;
    }
  }

  /** Pushes the longest token that matches at `start`; returns its end, or `start` if there is none. */
  #longest(piece: string, start: number, output: TokenSpans): number {
    const prefix = start > 0 ? this.prefix : '';
    for (let end = Math.min(piece.length, start + this.#maxLength); end > start; end--) {
      const id = this.vocabulary.ids.get(prefix + piece.slice(start, end));
      if (id === undefined) continue;
      output.push(id, start, end);
      return end;
    }
    return start;
  }

  toJSON(): unknown {
    return {
      type: 'WordPiece',
      unk_token: this.#unkToken,
      continuing_subword_prefix: this.prefix,
      max_input_chars_per_word: this.maxCharacters,
      vocab: this.vocabulary.toJSON(),
    };
  }
}
