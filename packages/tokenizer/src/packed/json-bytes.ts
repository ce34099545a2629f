/**
 * A reader of JSON in UTF-8 that makes no objects: it finds where values lie, and reads strings into an array of bytes.
 * It only has to be right about well-formed JSON: anything else makes it give up (`NotPacked`), and `JSON.parse` then
 * reads the whole and says what is wrong.
 */
export class NotPacked extends Error {}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What one letter after a backslash stands for. */
const ESCAPES: ReadonlyMap<number, number> = new Map(
  [...'"\\/bfnrt'].map((letter, i) => [letter.charCodeAt(0), '"\\/\b\f\n\r\t'.charCodeAt(i)]),
);

/** Longer tokens are left to `JSON.parse`. */
const MAX_STRING = 1 << 12;

export class JsonBytes {
  readonly bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** The next byte that is no blank. */
  peek(): number {
    const { bytes } = this;
    let i = this.at;
    let byte = bytes[i] as number;
    while (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09)
      byte = bytes[++i] as number;
    this.at = i;
    return byte;
  }

  expect(byte: number): void {
    if (this.peek() !== byte) throw new NotPacked();
    this.at++;
  }

  /** After `{` or `[`, and after each element: whether another follows. */
  next(close: number, isFirst: boolean): boolean {
    const byte = this.peek();
    if (byte === close) {
      this.at++;
      return false;
    }
    if (!isFirst) this.expect(COMMA);
    return true;
  }

  /** Visits the keys of an object; `visit` must read or skip the value. */
  object(visit: (key: string) => void): void {
    this.expect(OPEN_OBJECT);
    for (let isFirst = true; this.next(CLOSE_OBJECT, isFirst); isFirst = false) {
      const start = this.at;
      this.skipString();
      const key = JSON.parse(
        new TextDecoder().decode(this.bytes.subarray(start, this.at)),
      ) as string;
      this.expect(COLON);
      visit(key);
    }
  }

  array(visit: () => void): void {
    this.expect(OPEN_ARRAY);
    for (let isFirst = true; this.next(CLOSE_ARRAY, isFirst); isFirst = false) visit();
  }

  skipString(): void {
    this.expect(QUOTE);
    const { bytes } = this;
    let i = this.at;
    for (let byte = bytes[i]; byte !== QUOTE; byte = bytes[i]) {
      if (byte === undefined) throw new NotPacked();
      i += byte === BACKSLASH ? 2 : 1;
    }
    this.at = i + 1;
  }

  skipValue(): void {
    let depth = 0;
    do {
      const byte = this.peek();
      if (byte === QUOTE) this.skipString();
      else if (byte === undefined) throw new NotPacked();
      else {
        if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
        if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
        this.at++;
        const isScalar = depth === 0 && byte !== CLOSE_ARRAY && byte !== CLOSE_OBJECT;
        if (isScalar) this.#skipScalar();
      }
    } while (depth > 0);
  }

  #skipScalar(): void {
    const { bytes } = this;
    for (;;) {
      const byte = bytes[this.at];
      if (byte === undefined || byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT)
        return;
      this.at++;
    }
  }

  /** The room that `string` may need. */
  stringBound(): number {
    return Math.min(this.bytes.length - this.at, MAX_STRING);
  }

  /** Reads a string to `target[start..]`, where there is `stringBound()` of room, and returns its end there. */
  string(target: Uint8Array, start: number): number {
    this.expect(QUOTE);
    const { bytes } = this;
    const limit = start + MAX_STRING - 4;
    let i = this.at;
    let to = start;
    for (;;) {
      const byte = bytes[i++] as number;
      if (byte === QUOTE) break;
      if (to > limit) throw new NotPacked();
      if (byte === BACKSLASH) {
        this.at = i;
        to = this.#escape(target, to);
        i = this.at;
      } else if (byte >= 0x20) target[to++] = byte;
      else throw new NotPacked(); // a control character, or the end of the bytes
    }
    this.at = i;
    return to;
  }

  #escape(target: Uint8Array, to: number): number {
    const letter = this.bytes[this.at++] as number;
    if (letter !== 0x75) {
      const byte = ESCAPES.get(letter);
      if (byte === undefined) throw new NotPacked();
      target[to] = byte;
      return to + 1;
    }
    let code = this.#hex();
    if (code >= 0xd800 && code < 0xe000) {
      if (this.bytes[this.at] !== BACKSLASH || this.bytes[this.at + 1] !== 0x75)
        throw new NotPacked();
      this.at += 2;
      const low = this.#hex();
      // A lone surrogate has no UTF-8.
      if (code >= 0xdc00 || low < 0xdc00 || low >= 0xe000) throw new NotPacked();
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    return putCodePoint(target, to, code);
  }

  #hex(): number {
    let code = 0;
    for (let digits = 0; digits < 4; digits++) {
      const digit = Number.parseInt(String.fromCharCode(this.bytes[this.at++] ?? 0), 16);
      if (Number.isNaN(digit)) throw new NotPacked();
      code = code * 16 + digit;
    }
    return code;
  }

  /** A number without fraction, exponent or sign. */
  natural(): number {
    let byte = this.peek();
    const { bytes } = this;
    const start = this.at;
    let value = 0;
    while (byte >= 0x30 && byte <= 0x39) {
      value = value * 10 + (byte - 0x30);
      byte = bytes[++this.at] as number;
    }
    const digits = this.at - start;
    if (digits === 0 || digits > 9 || (digits > 1 && bytes[start] === 0x30)) throw new NotPacked();
    if (byte === 0x2e || byte === 0x65 || byte === 0x45) throw new NotPacked();
    return value;
  }

  /** Copies a scalar, such as a number, to `target[start..]`, where there is `stringBound()` of room; returns its end there. */
  scalar(target: Uint8Array, start: number): number {
    this.peek();
    const from = this.at;
    this.#skipScalar();
    if (this.at - from > MAX_STRING) throw new NotPacked();
    for (let i = from; i < this.at; i++) target[start++] = this.bytes[i] as number;
    return start;
  }
}

function putCodePoint(target: Uint8Array, to: number, code: number): number {
  if (code < 0x80) target[to++] = code;
  else if (code < 0x800) {
    target[to++] = 0xc0 | (code >> 6);
    target[to++] = 0x80 | (code & 0x3f);
  } else if (code < 0x10000) {
    target[to++] = 0xe0 | (code >> 12);
    target[to++] = 0x80 | ((code >> 6) & 0x3f);
    target[to++] = 0x80 | (code & 0x3f);
  } else {
    target[to++] = 0xf0 | (code >> 18);
    target[to++] = 0x80 | ((code >> 12) & 0x3f);
    target[to++] = 0x80 | ((code >> 6) & 0x3f);
    target[to++] = 0x80 | (code & 0x3f);
  }
  return to;
}
