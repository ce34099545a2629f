/** Ids to text, at once or as a stream: through the bytes of the tokens where the decoder is byte-level, else by chain. */
import { TokenizerError } from '../errors.ts';
import type { DecodeStream } from '../decode-stream.ts';
import { byteDecodeStream, windowDecodeStream } from '../decode-stream.ts';
import type { DecodeOptions } from '../tokenizer-options.ts';
import type { RawTokens } from '../bpe/raw-tokens.ts';
import { byteLevelBytes, byteLevelDecoder } from './byte-level.ts';
import type { DecodeChain } from './decoder.ts';
import { parseDecoder } from './decoder.ts';
import type { LocalDecoder } from './local-decoder.ts';
import { firstBytes, localBytes, localDecoder } from './local-decoder.ts';
import { TokenTexts } from './token-texts.ts';

/** What decoding needs to know of a vocabulary. */
export interface DecodableVocabulary {
  readonly vocabSize: number;
  idToToken(id: number): string | undefined;
  isSpecial(id: number): boolean;
  /** The bytes of byte-level tokens, and the ids whose tokens are others (added ones). */
  rawTokens(): { readonly tokens: RawTokens; readonly except: Iterable<number> } | undefined;
}

export class TokenDecoder {
  readonly #vocabulary: DecodableVocabulary;
  readonly #chain: DecodeChain;
  readonly #local: LocalDecoder | undefined;
  /** Made on first use: a tokenizer that only encodes does not need them. */
  #texts: TokenTexts | undefined;

  /** @param decoder A decoder of tokenizer.json; null: tokens with blanks between. */
  constructor(decoder: unknown, vocabulary: DecodableVocabulary) {
    this.#vocabulary = vocabulary;
    this.#chain =
      decoder === null ? (tokens) => [tokens.join(' ')] : parseDecoder(decoder, 'decoder');
    this.#local = localDecoder(decoder);
  }

  decode(ids: ArrayLike<number>, { skipSpecialTokens }: DecodeOptions): string {
    const vocabulary = this.#vocabulary;
    const kept = skipSpecialTokens
      ? Array.from(ids).filter((id) => !vocabulary.isSpecial(id))
      : ids;
    if (this.#chain === byteLevelDecoder) return this.#byteTexts().decode(kept);
    if (this.#local !== undefined) return this.#decodeLocally(kept, this.#local);
    return this.#decodeByChain(kept);
  }

  #decodeLocally(ids: ArrayLike<number>, local: LocalDecoder): string {
    if (ids.length === 0) return this.#decodeByChain(ids);
    const first = firstBytes(local, this.#tokenOf(ids[0] as number));
    const text = this.#localTexts(local).decode(ids, 1, first);
    // Of bytes that are no character, each must become U+FFFD, which joined they would not.
    if (local.hasBytes && text.includes('\uFFFD')) return this.#decodeByChain(ids);
    return local.whole(text);
  }

  #decodeByChain(ids: ArrayLike<number>): string {
    return this.#chain(Array.from(ids, (id) => this.#tokenOf(id))).join('');
  }

  stream(options: DecodeOptions): DecodeStream {
    if (this.#chain !== byteLevelDecoder)
      return windowDecodeStream((ids) => this.decode(ids, options));
    const none = new Uint8Array(0);
    return byteDecodeStream((id) => {
      const bytes = this.#byteTexts().bytesOf(id);
      return options.skipSpecialTokens && this.#vocabulary.isSpecial(id) ? none : bytes;
    });
  }

  #byteTexts(): TokenTexts {
    const { vocabSize } = this.#vocabulary;
    return (this.#texts ??= new TokenTexts(
      vocabSize,
      (id) => byteLevelBytes(this.#tokenOf(id)),
      this.#vocabulary.rawTokens(),
    ));
  }

  #localTexts(local: LocalDecoder): TokenTexts {
    const bytesOf = (id: number): Uint8Array => localBytes(local, this.#tokenOf(id));
    return (this.#texts ??= new TokenTexts(this.#vocabulary.vocabSize, bytesOf));
  }

  #tokenOf(id: number): string {
    const token = this.#vocabulary.idToToken(id);
    if (token === undefined) throw this.#unknownId(id);
    return token;
  }

  #unknownId(id: number): TokenizerError {
    return new TokenizerError(
      `decode: ids: expected ids of this vocabulary (0 to ${this.#vocabulary.vocabSize - 1}), got ${id}. Is this the model's tokenizer?`,
    );
  }
}
