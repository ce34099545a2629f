/**
 * The slow, complete way to encode: the same stages as `Tokenizer.encode`, on text that knows its origin, so that every
 * token has its place. Made on first use. Offsets follow Rust `tokenizers` (counted there in code points).
 */
import type { AddedToken } from '../added-tokens/added-token.ts';
import type { AddedVocabulary } from '../added-tokens/added-vocabulary.ts';
import { AlignedText } from '../alignment/aligned-text.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import type { Model } from '../model.ts';
import { TokenSpans } from '../model.ts';
import type { AlignedNormalize } from '../normalizers/aligned.ts';
import { parseAlignedNormalizer } from '../normalizers/aligned.ts';
import { parseAlignedPreTokenizer } from '../pre-tokenizers/aligned.ts';
import type { AlignedPreTokenize } from '../pre-tokenizers/aligned.ts';
import type { Sampler } from '../sampling/sampling.ts';
import { wellFormed } from '../unicode/well-formed.ts';
import { byteOffsetsOf } from './byte-offsets.ts';
import type { Offsets } from './encoding.ts';
import { Encoding } from './encoding.ts';

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
    const columns = new Columns();
    const spans = new TokenSpans();
    this.pieces(text, isAllowed).forEach((piece, word) => {
      if (piece.token !== undefined) {
        const length = piece.text.text.length;
        columns.add(piece.token.id, piece.text.text, place(piece.text, 0, length), word);
        return;
      }
      spans.clear();
      this.#tokenize(piece.text.text, spans, sampler);
      spans.ids.forEach((id, i) => {
        const token = spans.texts[i] ?? (this.#model.idToToken(id) as string);
        const offsets = place(piece.text, spans.starts[i] as number, spans.ends[i] as number);
        columns.add(id, token, offsets, word);
      });
    });
    return columns.build(sequence, byteOffsetsOf(text));
  }

  #tokenize(piece: string, spans: TokenSpans, sampler: Sampler | undefined): void {
    if (sampler !== undefined && this.#model.sampleSpans !== undefined)
      this.#model.sampleSpans(piece, spans, sampler);
    else this.#model.tokenizeSpans(piece, spans);
  }
}

/** From units of the normalized piece to units of the original text. */
function place(text: AlignedText, start: number, end: number): Offsets {
  if (start >= end) return [text.origin + start, text.origin + start];
  return [text.starts[start] as number, text.ends[end - 1] as number];
}

class Columns {
  readonly #ids: number[] = [];
  readonly #tokens: string[] = [];
  readonly #offsets: Offsets[] = [];
  readonly #words: number[] = [];

  add(id: number, token: string, offsets: Offsets, word: number): void {
    this.#ids.push(id);
    this.#tokens.push(token);
    this.#offsets.push(offsets);
    this.#words.push(word);
  }

  build(sequence: 0 | 1, toBytes: (offset: number) => number): Encoding {
    const ids = this.#ids;
    return new Encoding({
      ids,
      tokens: this.#tokens,
      typeIds: ids.map(() => sequence),
      offsets: this.#offsets,
      byteOffsets: this.#offsets.map(([start, end]): Offsets => [toBytes(start), toBytes(end)]),
      wordIds: this.#words,
      sequenceIds: ids.map(() => sequence),
      specialTokensMask: ids.map(() => 0),
      attentionMask: ids.map(() => 1),
    });
  }
}
