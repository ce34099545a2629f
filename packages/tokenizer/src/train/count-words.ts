/** Counts the pieces of a corpus: every different byte string once, with how often it came. */
import { CHARACTER_BYTES } from '../bpe/byte-alphabet.ts';
import { ByteKeyTable } from '../bpe/byte-key-table.ts';
import { textWindows, Utf8Buffer } from '../bpe/utf8-buffer.ts';
import type { KnownScanner } from '../pre-tokenizers/known-scanner.ts';

export class WordCounter {
  readonly #table = new ByteKeyTable(1 << 14);
  readonly #buffer = new Utf8Buffer();
  /** All words, one after the other; word i lies from starts[i] to starts[i + 1]. */
  #bytes = new Uint8Array(1 << 16);
  readonly starts: number[] = [0];
  readonly counts: number[] = [];

  get size(): number {
    return this.counts.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Splits text with a scanner and counts the pieces. */
  addText(text: string, scanner: KnownScanner): void {
    if (text === '') return;
    const prefixed = scanner.addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    for (const window of textWindows(prefixed)) {
      const end = this.#buffer.write(window);
      const bytes = this.#buffer.bytes;
      for (let start = 0; start < end;) {
        const next = scanner.scan(bytes, start, end);
        this.#count(start, next - start);
        start = next;
      }
    }
  }

  /** Counts a piece that a general pre-tokenizer has written in the byte alphabet. */
  addPiece(piece: string): void {
    if (piece === '') return;
    this.#buffer.write(piece);
    for (let i = 0; i < piece.length; i++) {
      this.#buffer.bytes[i] = CHARACTER_BYTES[piece.charCodeAt(i)] as number;
    }
    this.#count(0, piece.length);
  }

  #count(start: number, length: number): void {
    const { bytes, view } = this.#buffer;
    const offset = this.#table.locate(view, bytes, start, length);
    if (!this.#table.isEmpty(offset)) {
      const word = this.#table.value(offset);
      this.counts[word] = (this.counts[word] as number) + 1;
      return;
    }
    this.#table.insert(offset, view, bytes, start, length, this.size);
    this.#append(bytes, start, length);
    this.counts.push(1);
  }

  #append(bytes: Uint8Array, start: number, length: number): void {
    const at = this.starts.at(-1) as number;
    if (at + length > this.#bytes.length) {
      const larger = new Uint8Array((at + length) * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(start, start + length), at);
    this.starts.push(at + length);
  }
}
