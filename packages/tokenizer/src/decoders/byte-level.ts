/**
 * The ByteLevel decoder: each token's bytes through the byte alphabet (or its own UTF-8 bytes, if it has a character
 * outside of it), joined, as text. Bytes that are not valid UTF-8 become U+FFFD; a leading U+FEFF stays.
 */
import { tokenBytes } from '../bpe/byte-alphabet.ts';
import type { DecodeChain } from './decoder.ts';

export function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

export function byteLevelBytes(token: string): Uint8Array {
  return tokenBytes(token) ?? new TextEncoder().encode(token);
}

export const byteLevelDecoder: DecodeChain = (tokens) => {
  const table = new TokenBytes(tokens);
  return [table.decode(tokens.map((_, i) => i))];
};

/** The bytes of all tokens in one array, for decoding without a string per token. */
export class TokenBytes {
  /** Token i lies from `#starts[i]` to `#starts[i + 1]`. */
  readonly #starts: Int32Array;
  readonly #bytes: Uint8Array;
  #buffer = new Uint8Array(1 << 12);

  /** @param tokens A hole (undefined) has no bytes. */
  constructor(tokens: readonly (string | undefined)[]) {
    const starts = new Int32Array(tokens.length + 1);
    const parts = tokens.map((token) => (token === undefined ? undefined : byteLevelBytes(token)));
    parts.forEach((part, id) => (starts[id + 1] = (starts[id] as number) + (part?.length ?? 0)));
    this.#starts = starts;
    this.#bytes = new Uint8Array(starts[tokens.length] as number);
    parts.forEach((part, id) => part && this.#bytes.set(part, starts[id]));
  }

  bytesOf(id: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[id], this.#starts[id + 1]);
  }

  /** The text of `ids`, all of which must be below the number of tokens. */
  decode(ids: ArrayLike<number>): string {
    const starts = this.#starts;
    const bytes = this.#bytes;
    let written = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      const end = starts[id + 1] as number;
      if (written + end - (starts[id] as number) > this.#buffer.length) {
        this.#grow(end - (starts[id] as number));
      }
      const buffer = this.#buffer;
      for (let from = starts[id] as number; from < end; from++)
        buffer[written++] = bytes[from] as number;
    }
    return decodeUtf8(this.#buffer.subarray(0, written));
  }

  #grow(more: number): void {
    const buffer = new Uint8Array((this.#buffer.length + more) * 2);
    buffer.set(this.#buffer);
    this.#buffer = buffer;
  }
}
