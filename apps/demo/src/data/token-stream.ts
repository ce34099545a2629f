// Documents to one long stream of token ids, each document closed by the end token.
import type { Tokenizer } from '@llm/tokenizer';
import type { TextChunk } from './text-files.ts';

/** Token ids that grow by doubling; ids need 32 bits only beyond 65,536 entries. */
export class TokenStream {
  #ids = new Int32Array(1 << 16);
  #length = 0;

  append(ids: readonly number[]): void {
    while (this.#length + ids.length > this.#ids.length) {
      const grown = new Int32Array(this.#ids.length * 2);
      grown.set(this.#ids);
      this.#ids = grown;
    }
    this.#ids.set(ids, this.#length);
    this.#length += ids.length;
  }

  /** The ids so far: a view, valid until the next append. */
  view(): Int32Array {
    return this.#ids.subarray(0, this.#length);
  }
}

export interface EncodedText {
  readonly tokens: Int32Array;
  readonly bytes: number;
  readonly documents: number;
}

export async function encodeTexts(
  chunks: AsyncIterable<TextChunk> | Iterable<TextChunk>,
  tokenizer: Tokenizer,
  { endDocuments = true }: { readonly endDocuments?: boolean } = {},
): Promise<EncodedText> {
  const stream = new TokenStream();
  let bytes = 0;
  let documents = 0;
  for await (const { text, endsDocument } of chunks) {
    stream.append(tokenizer.encode(text, { addSpecialTokens: false, allowedSpecial: [] }));
    bytes += Buffer.byteLength(text);
    if (!endsDocument) continue;
    documents += 1;
    if (endDocuments && tokenizer.eosTokenId !== undefined) stream.append([tokenizer.eosTokenId]);
  }
  return { tokens: stream.view(), bytes, documents };
}

/** The texts alone, for training a tokenizer. */
export async function* textsOf(
  chunks: AsyncIterable<TextChunk> | Iterable<TextChunk>,
): AsyncGenerator<string> {
  for await (const { text } of chunks) yield text;
}
