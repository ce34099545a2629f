/**
 * The complete way to encode: the same stages as `Tokenizer.encode`, on text that knows its origin, so that every token
 * has its place. That is slow, and done once for each different stretch of text (`StretchEncoder`) where stretches stand
 * by themselves. Made on first use. Offsets follow Rust `tokenizers` (counted there in code points).
 */
import type { AddedToken } from '../added-tokens/added-token.ts';
import type { AddedVocabulary } from '../added-tokens/added-vocabulary.ts';
import { AlignedText } from '../alignment/aligned-text.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { Model } from '../model.ts';
import type { AlignedNormalize } from '../normalizers/aligned.ts';
import { parseAlignedNormalizer } from '../normalizers/aligned.ts';
import { parseAlignedPreTokenizer } from '../pre-tokenizers/aligned.ts';
import type { AlignedPreTokenize } from '../pre-tokenizers/aligned.ts';
import type { Sampler } from '../sampling/sampling.ts';
import { wellFormed } from '../unicode/well-formed.ts';
import type { Encoding } from './encoding.ts';
import { addPiece, placeOf, StretchEncoder } from './stretch-encoder.ts';
import { TokenPlaces } from './token-places.ts';

/** A piece as the model sees it, or an added token. */
export interface FullPiece {
  readonly text: AlignedText;
  readonly token: AddedToken | undefined;
}

export class FullEncoder {
  readonly #model: Model;
  readonly #added: AddedVocabulary;
  readonly #normalize: AlignedNormalize;
  readonly #preTokenize: AlignedPreTokenize;
  readonly #stretches: StretchEncoder;
  readonly #tokens: string[] = [];

  constructor(definition: TokenizerDefinition, added: AddedVocabulary) {
    const { model, normalizer, preTokenizer } = definition;
    this.#model = model;
    this.#added = added;
    this.#normalize =
      normalizer === null ? (text) => text : parseAlignedNormalizer(normalizer, 'normalizer');
    this.#preTokenize =
      preTokenizer === null
        ? (text) => [text]
        : parseAlignedPreTokenizer(preTokenizer, 'pre_tokenizer');
    this.#stretches = new StretchEncoder(definition, (text) => this.#cut(text));
  }

  /** The pieces of text without added tokens. */
  #cut(text: AlignedText): AlignedText[] {
    return this.#preTokenize(this.#normalize(text)).filter((piece) => piece.text !== '');
  }

  /** The pieces that the model sees, and the added tokens between them. */
  pieces(text: string, isAllowed: (token: AddedToken) => boolean): FullPiece[] {
    const original = AlignedText.of(wellFormed(text));
    return this.#added
      .splitAligned(original, this.#normalize, isAllowed)
      .flatMap((segment) =>
        segment.token === undefined
          ? this.#preTokenize(segment.text).map((piece) => ({ text: piece, token: undefined }))
          : [segment],
      )
      .filter((piece) => piece.text.text !== '');
  }

  /** One text, before truncation and post-processing. */
  encode(
    text: string,
    sequence: 0 | 1,
    isAllowed: (token: AddedToken) => boolean,
    sampler?: Sampler,
  ): Encoding {
    const places = new TokenPlaces();
    const whole = wellFormed(text);
    if (sampler === undefined && this.#stretches.takes(whole)) {
      for (const { start, end, token } of this.#added.findRaw(whole, isAllowed)) {
        if (token === undefined) this.#stretches.encode(whole.slice(start, end), start, places);
        else places.push(token.id, start, end, places.wordCount++, whole.slice(start, end));
      }
    } else this.#addPieces(this.pieces(whole, isAllowed), places, sampler);
    return places.encoding(text, sequence, (id) => this.#tokenOf(id));
  }

  #addPieces(pieces: readonly FullPiece[], places: TokenPlaces, sampler?: Sampler): void {
    for (const { text, token } of pieces) {
      const word = places.wordCount++;
      if (token === undefined) addPiece(this.#model, text, word, places, sampler);
      else {
        const [start, end] = placeOf(text, 0, text.text.length);
        places.push(token.id, start, end, word, text.text);
      }
    }
  }

  #tokenOf(id: number): string {
    return (this.#tokens[id] ??= this.#model.idToToken(id) as string);
  }
}
