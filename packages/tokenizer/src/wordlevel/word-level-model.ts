/** WordLevel: each piece is one token, or unknown. */
import { TokenizerError } from '../errors.ts';
import type { JsonObject } from '../io/json-fields.ts';
import { optionalString } from '../io/json-fields.ts';
import type { IdBuffer, Model, TokenSpans } from '../model.ts';
import type { PackedModel } from '../packed/packed-model.ts';
import { Vocabulary } from '../vocabulary.ts';

export class WordLevelModel implements Model {
  readonly type = 'WordLevel';
  readonly vocabulary: Vocabulary;
  readonly #unkToken: string;
  readonly #unkId: number | undefined;

  /** The vocabulary may lack `unkToken`; then an unknown piece is an error. */
  constructor(vocabulary: Vocabulary, unkToken = '<unk>') {
    this.vocabulary = vocabulary;
    this.#unkToken = unkToken;
    this.#unkId = vocabulary.idOf(unkToken);
  }

  static fromJSON(json: JsonObject, path: string, packed?: PackedModel): WordLevelModel {
    const vocabulary = Vocabulary.ofModel(json, path, packed);
    return new WordLevelModel(vocabulary, optionalString(json, 'unk_token', path));
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
    output.push(this.#idOf(piece));
  }

  tokenizeSpans(piece: string, output: TokenSpans): void {
    output.push(this.#idOf(piece), 0, piece.length);
  }

  #idOf(piece: string): number {
    const id = this.vocabulary.ids.get(piece) ?? this.#unkId;
    if (id !== undefined) return id;
    throw new TokenizerError(
      `encode: text: expected words of the vocabulary, which has no ${this.#unkToken}, got ${JSON.stringify(piece.slice(0, 60))}. Add an unknown token.`,
    );
  }

  toJSON(): unknown {
    return { type: 'WordLevel', vocab: this.vocabulary.toJSON(), unk_token: this.#unkToken };
  }
}
