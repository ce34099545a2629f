/**
 * Decoding token by token, for text that is shown while it is generated. What has come out is never taken back: a
 * character whose bytes are not all there is held until they are, and U+FFFD comes out only when bytes are surely bad.
 */
export interface DecodeStream {
  /** Text that is certain now that `id` has come; often one word, sometimes ''. */
  push(id: number): string;
  /** What is left at the end: '' or a U+FFFD for a character that never became whole. */
  flush(): string;
}

/** For byte-level vocabularies: a UTF-8 decoder that keeps an unfinished character. */
export function byteDecodeStream(bytesOf: (id: number) => Uint8Array): DecodeStream {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return {
    push: (id) => decoder.decode(bytesOf(id), { stream: true }),
    flush: () => decoder.decode(),
  };
}

/**
 * For any other decoder: decode a window of ids with and without the new one, and give what was added, unless it ends
 * in U+FFFD. The window begins at the last id that came out whole, since decoders look at the token before.
 */
export function windowDecodeStream(decode: (ids: readonly number[]) => string): DecodeStream {
  let ids: number[] = [];
  let given = '';
  /** How many of `ids` are in `given`. */
  let settled = 0;
  return {
    push(id) {
      ids.push(id);
      const text = decode(ids);
      if (text.length <= given.length || text.endsWith('\uFFFD')) return '';
      const added = text.slice(given.length);
      ids = ids.slice(settled);
      given = decode(ids);
      settled = ids.length;
      return added;
    },
    flush() {
      const added = decode(ids).slice(given.length);
      ids = [];
      given = '';
      settled = 0;
      return added;
    },
  };
}
