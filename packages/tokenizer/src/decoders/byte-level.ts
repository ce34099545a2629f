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

/** Bytes copied at a time; tokens and text have so much room behind them. */
const STEP = 8;

/** The bytes of all tokens in one array, for decoding without a string per token. */
export class TokenBytes {
  /** Token i lies from `#starts[i]` to `#starts[i + 1]`. */
  readonly #starts: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #buffer = new Uint8Array(1 << 12);
  #bufferView = new DataView(this.#buffer.buffer);

  /** @param tokens A hole (undefined) has no bytes. */
  constructor(tokens: readonly (string | undefined)[]) {
    const parts = tokens.map((token) => (token === undefined ? undefined : byteLevelBytes(token)));
    const starts = new Int32Array(tokens.length + 1);
    parts.forEach((part, id) => (starts[id + 1] = (starts[id] as number) + (part?.length ?? 0)));
    this.#starts = starts;
    this.#bytes = new Uint8Array((starts[tokens.length] as number) + STEP);
    this.#view = new DataView(this.#bytes.buffer);
    parts.forEach((part, id) => part && this.#bytes.set(part, starts[id]));
  }

  bytesOf(id: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[id], this.#starts[id + 1]);
  }

  /** The text of `ids`, all of which must be below the number of tokens. */
  decode(ids: ArrayLike<number>): string {
    const starts = this.#starts;
    let total = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      total += (starts[id + 1] as number) - (starts[id] as number);
    }
    this.#reserve(total + STEP);
    this.#copy(ids);
    return this.#decoder.decode(this.#buffer.subarray(0, total));
  }

  /** Tokens are copied eight bytes at a time; what is too much is overwritten by the next. */
  #copy(ids: ArrayLike<number>): void {
    const starts = this.#starts;
    const from = this.#view;
    const to = this.#bufferView;
    let written = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] as number;
      const start = starts[id] as number;
      const length = (starts[id + 1] as number) - start;
      for (let at = 0; at < length; at += STEP) {
        to.setInt32(written + at, from.getInt32(start + at, true), true);
        to.setInt32(written + at + 4, from.getInt32(start + at + 4, true), true);
      }
      written += length;
    }
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    this.#buffer = new Uint8Array(length + (length >> 1));
    this.#bufferView = new DataView(this.#buffer.buffer);
  }
}
