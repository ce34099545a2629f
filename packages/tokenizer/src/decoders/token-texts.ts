/**
 * Tokens' bytes in one array, so that ids become text without a string for each: a token is put in when it is first
 * met, and then copied. Where all are there already (`raw`), they are taken as they are.
 */
import type { RawTokens } from '../bpe/raw-tokens.ts';

/** Bytes copied at a time; what is too much is overwritten by the next. */
const STEP = 8;
const UNMET = -1;

export class TokenTexts {
  readonly #bytesOf: (id: number) => Uint8Array;
  /** Token i lies from `#starts[i]` to `#ends[i]`. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #bytes: Uint8Array;
  #view: DataView;
  #used = STEP;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #output = new Uint8Array(1 << 12);
  #outputView = new DataView(this.#output.buffer);

  /**
   * @param size one more than the highest id
   * @param bytesOf the bytes of a token; throws where there is none
   * @param raw tokens whose bytes are known, with a reason for those that must be asked for nevertheless
   */
  constructor(
    size: number,
    bytesOf: (id: number) => Uint8Array,
    raw?: { readonly tokens: RawTokens; readonly except: Iterable<number> },
  ) {
    this.#bytesOf = bytesOf;
    this.#starts = new Int32Array(size).fill(UNMET);
    this.#ends = new Int32Array(size);
    this.#bytes = new Uint8Array(1 << 10);
    if (raw !== undefined) this.#takeRaw(raw.tokens, raw.except);
    this.#view = new DataView(this.#bytes.buffer);
  }

  #takeRaw({ bytes, starts, ends }: RawTokens, except: Iterable<number>): void {
    this.#bytes = bytes;
    this.#used = bytes.length;
    this.#starts.set(starts);
    this.#ends.set(ends);
    for (const id of except) this.#starts[id] = UNMET;
    // An empty token may be a hole.
    for (let id = 0; id < starts.length; id++)
      if (ends[id] === starts[id]) this.#starts[id] = UNMET;
  }

  bytesOf(id: number): Uint8Array {
    return this.#bytes.slice(this.#startOf(id), this.#ends[id]);
  }

  /** Where the token lies; it is put in if it is not there. */
  #startOf(id: number): number {
    const start = this.#starts[id] as number;
    if (start >= 0) return start;
    const bytes = this.#bytesOf(id);
    if (this.#used + bytes.length + STEP > this.#bytes.length) {
      const more = new Uint8Array((this.#used + bytes.length + STEP) * 2);
      more.set(this.#bytes);
      this.#bytes = more;
      this.#view = new DataView(more.buffer);
    }
    const at = this.#used;
    this.#bytes.set(bytes, at);
    this.#used += bytes.length;
    this.#ends[id] = this.#used;
    return (this.#starts[id] = at);
  }

  /** The text of `ids` from the place `from` on, behind the bytes of `before`. */
  decode(ids: ArrayLike<number>, from = 0, before?: Uint8Array): string {
    let written = 0;
    if (before !== undefined) {
      this.#reserve(0, before.length);
      this.#output.set(before);
      written = before.length;
    }
    for (let i = from; i < ids.length;) {
      const upTo = Math.min(ids.length, i + 4096);
      written = this.#copy(ids, i, upTo, written);
      i = upTo;
    }
    return this.#decoder.decode(this.#output.subarray(0, written));
  }

  /** Copies the bytes of `ids[i..upTo)` to the output; returns how much is written by then. */
  #copy(ids: ArrayLike<number>, i: number, upTo: number, written: number): number {
    const ends = this.#ends;
    let source = this.#view;
    let target = this.#outputView;
    for (; i < upTo; i++) {
      const id = ids[i] as number;
      let start = this.#starts[id] as number;
      // Also where there is no such id, and the start is undefined.
      if (!(start >= 0)) {
        start = this.#startOf(id);
        source = this.#view;
      }
      const length = (ends[id] as number) - start;
      if (written + length + STEP > target.byteLength) {
        this.#reserve(written, length);
        target = this.#outputView;
      }
      target.setInt32(written, source.getInt32(start, true), true);
      target.setInt32(written + 4, source.getInt32(start + 4, true), true);
      for (let at = STEP; at < length; at += STEP) {
        target.setInt32(written + at, source.getInt32(start + at, true), true);
        target.setInt32(written + at + 4, source.getInt32(start + at + 4, true), true);
      }
      written += length;
    }
    return written;
  }

  /** Room for `length` bytes behind those that are written, and a step. */
  #reserve(written: number, length: number): void {
    const needed = written + length + STEP * 2;
    if (needed <= this.#output.length) return;
    const output = new Uint8Array(needed * 2);
    output.set(this.#output.subarray(0, written));
    this.#output = output;
    this.#outputView = new DataView(output.buffer);
  }
}
