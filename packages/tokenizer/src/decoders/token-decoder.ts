/** Ids to text, at once or as a stream: through the bytes of the tokens where the decoder is byte-level, else by chain. */
import { TokenizerError } from '../errors.ts';
import type { DecodeStream } from '../decode-stream.ts';
import { byteDecodeStream, windowDecodeStream } from '../decode-stream.ts';
import type { DecodeOptions } from '../tokenizer-options.ts';
import { byteLevelDecoder, TokenBytes } from './byte-level.ts';
import type { DecodeChain } from './decoder.ts';
import { parseDecoder } from './decoder.ts';

/** What decoding needs to know of a vocabulary. */
export interface DecodableVocabulary {
  readonly vocabSize: number;
  idToToken(id: number): string | undefined;
  isSpecial(id: number): boolean;
}

export class TokenDecoder {
  readonly #vocabulary: DecodableVocabulary;
  readonly #chain: DecodeChain;
  /** 1 where the id has a token. Made on first use, as the bytes are: a tokenizer that only encodes needs neither. */
  #known: Uint8Array | undefined;
  #bytes: TokenBytes | undefined;

  /** @param decoder A decoder of tokenizer.json; null: tokens with blanks between. */
  constructor(decoder: unknown, vocabulary: DecodableVocabulary) {
    this.#vocabulary = vocabulary;
    this.#chain =
      decoder === null ? (tokens) => [tokens.join(' ')] : parseDecoder(decoder, 'decoder');
  }

  decode(ids: ArrayLike<number>, { skipSpecialTokens }: DecodeOptions): string {
    const vocabulary = this.#vocabulary;
    const kept = skipSpecialTokens
      ? Array.from(ids).filter((id) => !vocabulary.isSpecial(id))
      : ids;
    this.#checkIds(kept);
    if (this.#chain === byteLevelDecoder) return this.#tokenBytes().decode(kept);
    return this.#chain(Array.from(kept, (id) => vocabulary.idToToken(id) as string)).join('');
  }

  stream(options: DecodeOptions): DecodeStream {
    if (this.#chain !== byteLevelDecoder)
      return windowDecodeStream((ids) => this.decode(ids, options));
    const none = new Uint8Array(0);
    return byteDecodeStream((id) => {
      this.#checkIds([id]);
      return options.skipSpecialTokens && this.#vocabulary.isSpecial(id)
        ? none
        : this.#tokenBytes().bytesOf(id);
    });
  }

  #tokenBytes(): TokenBytes {
    const { vocabSize } = this.#vocabulary;
    return (this.#bytes ??= new TokenBytes(
      Array.from({ length: vocabSize }, (_, id) => this.#vocabulary.idToToken(id)),
    ));
  }

  #checkIds(ids: ArrayLike<number>): void {
    const known = (this.#known ??= Uint8Array.from(
      { length: this.#vocabulary.vocabSize },
      (_, id) => (this.#vocabulary.idToToken(id) === undefined ? 0 : 1),
    ));
    for (let i = 0; i < ids.length; i++) {
      if (known[ids[i] as number] !== 1) throw this.#unknownId(ids[i] as number);
    }
  }

  #unknownId(id: number): TokenizerError {
    return new TokenizerError(
      `decode: ids: expected ids of this vocabulary (0 to ${this.#vocabulary.vocabSize - 1}), got ${id}. Is this the model's tokenizer?`,
    );
  }
}
