/**
 * The fast path of byte-level BPE: text is written once as UTF-8, a scanner finds the pieces, and a table of byte
 * strings remembers the ids of each piece. Only a piece not seen before is merged. Tested equal to the general path.
 */
import type { KnownScanner } from '../pre-tokenizers/known-scanner.ts';
import type { IdBuffer } from '../model.ts';
import type { BpeModel } from './bpe-model.ts';
import { BYTE_CHARACTERS, byteCharacters } from './byte-alphabet.ts';
import { ByteKeyTable, hashLong } from './byte-key-table.ts';
import { mergeSymbols } from './merge-symbols.ts';
import { textWindows, Utf8Buffer } from './utf8-buffer.ts';

/** The cache is emptied when it holds so many pieces: 8 MB of slots. */
const MAX_CACHED_PIECES = 3 << 17;
/** Longer pieces are rarely seen twice. */
const MAX_CACHED_BYTES = 48;
/** Pieces up to here are cached at once, longer ones when they come again: in Chinese most never do. */
const CACHED_AT_ONCE_BYTES = 8;
/** One byte of fingerprint for each of so many kinds of long piece that came once. */
const SEEN_ONCE_SLOTS = 1 << 17;

/** Bytes that occur in UTF-8; a model may lack the others. */
function occursInUtf8(byte: number): boolean {
  return byte < 0xc0 || (byte > 0xc1 && byte < 0xf5);
}

export class ByteLevelEncoder {
  readonly #model: BpeModel;
  readonly #scanner: KnownScanner;
  /** Ids of the single bytes, −1 where the vocabulary has none (such bytes give no token). */
  readonly #byteIds: Int32Array;
  readonly #buffer = new Utf8Buffer();
  /** Piece → its id, or −1 − (where its ids lie in `#sequences`: their number, then they). */
  readonly #cache = new ByteKeyTable(1 << 12);
  #sequences = new Int32Array(1 << 12);
  #sequencesLength = 0;
  #symbols = new Int32Array(256);
  readonly #seenOnce = new Uint8Array(SEEN_ONCE_SLOTS);

  /** Undefined where the model has options that the fast path does not know. */
  static create(model: BpeModel, scanner: KnownScanner): ByteLevelEncoder | undefined {
    const { continuingSubwordPrefix, endOfWordSuffix, byteFallback, unkToken } = model.options;
    if (continuingSubwordPrefix || endOfWordSuffix) return undefined;
    const lacks = BYTE_CHARACTERS.some(
      (character, byte) => occursInUtf8(byte) && model.tokenToId(character) === undefined,
    );
    if (lacks && (byteFallback || unkToken !== undefined)) return undefined;
    return new ByteLevelEncoder(model, scanner);
  }

  private constructor(model: BpeModel, scanner: KnownScanner) {
    this.#model = model;
    this.#scanner = scanner;
    this.#byteIds = Int32Array.from(
      BYTE_CHARACTERS,
      (character) => model.tokenToId(character) ?? -1,
    );
  }

  encode(text: string, output: IdBuffer): void {
    if (text === '') return;
    const { addPrefixSpace } = this.#scanner;
    const prefixed = addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    for (const window of textWindows(prefixed)) this.#encodeWindow(window, output);
  }

  #encodeWindow(text: string, output: IdBuffer): void {
    const end = this.#buffer.write(text);
    const { bytes, view } = this.#buffer;
    const scan = this.#scanner.scan;
    const cache = this.#cache;
    output.reserve(end);
    const ids = output.ids;
    let count = output.length;
    for (let start = 0; start < end;) {
      const next = scan(bytes, start, end);
      const length = next - start;
      const offset = cache.locate(view, bytes, start, length);
      if (cache.isEmpty(offset)) {
        count = this.#encodeNew(start, length, offset, ids, count);
      } else {
        const value = cache.value(offset);
        if (value >= 0) ids[count++] = value;
        else count = this.#copySequence(-1 - value, ids, count);
      }
      start = next;
    }
    output.length = count;
  }

  #copySequence(at: number, ids: Int32Array, count: number): number {
    const sequences = this.#sequences;
    const end = at + 1 + (sequences[at] as number);
    for (let i = at + 1; i < end; i++) ids[count++] = sequences[i] as number;
    return count;
  }

  /** Merges a piece that is not in the cache, appends its ids, and caches them. Returns the new count. */
  #encodeNew(
    start: number,
    length: number,
    offset: number,
    ids: Int32Array,
    count: number,
  ): number {
    const found = this.#mergePiece(start, length);
    const symbols = this.#symbols;
    for (let i = 0; i < found; i++) ids[count + i] = symbols[i] as number;
    if (this.#isWorthCaching(start, length)) this.#remember(start, length, offset, found);
    return count + found;
  }

  #isWorthCaching(start: number, length: number): boolean {
    if (length <= CACHED_AT_ONCE_BYTES || length > MAX_CACHED_BYTES)
      return length <= MAX_CACHED_BYTES;
    const hash = hashLong(this.#buffer.view, start, length);
    const slot = hash & (SEEN_ONCE_SLOTS - 1);
    // Never 0, which says that no piece came.
    const fingerprint = ((hash >>> 24) & 0xff) | 1;
    if (this.#seenOnce[slot] === fingerprint) return true;
    this.#seenOnce[slot] = fingerprint;
    return false;
  }

  #mergePiece(start: number, length: number): number {
    const bytes = this.#buffer.bytes;
    if (this.#model.options.ignoreMerges) {
      const whole = this.#model.tokenToId(byteCharacters(bytes.subarray(start, start + length)));
      if (whole !== undefined) {
        this.#symbols[0] = whole;
        return 1;
      }
    }
    if (length > this.#symbols.length) this.#symbols = new Int32Array(length * 2);
    const symbols = this.#symbols;
    let found = 0;
    for (let i = start; i < start + length; i++) {
      const id = this.#byteIds[bytes[i] as number] as number;
      if (id >= 0) symbols[found++] = id;
    }
    return mergeSymbols(this.#model.mergeTable, symbols, found);
  }

  #remember(start: number, length: number, offset: number, found: number): void {
    let value = this.#symbols[0] as number;
    if (found !== 1) {
      value = -1 - this.#sequencesLength;
      this.#storeSequence(found);
    }
    this.#cache.insert(offset, this.#buffer.view, this.#buffer.bytes, start, length, value);
    if (this.#cache.size >= MAX_CACHED_PIECES) {
      this.#cache.clear();
      this.#sequencesLength = 0;
    }
  }

  #storeSequence(found: number): void {
    const needed = this.#sequencesLength + found + 1;
    if (needed > this.#sequences.length) {
      const sequences = new Int32Array(needed * 2);
      sequences.set(this.#sequences);
      this.#sequences = sequences;
    }
    this.#sequences[this.#sequencesLength] = found;
    this.#sequences.set(this.#symbols.subarray(0, found), this.#sequencesLength + 1);
    this.#sequencesLength = needed;
  }
}
