/**
 * The fast path of byte-level BPE: text is written once as UTF-8, a scanner finds the pieces, and a table of byte
 * strings remembers the ids of each piece. Only a piece not seen before is merged. Tested equal to the general path.
 */
import type { KnownScanner } from '../pre-tokenizers/known-scanner.ts';
import type { IdBuffer } from '../model.ts';
import type { BpeModel } from './bpe-model.ts';
import { BYTE_CHARACTERS, byteCharacters } from './byte-alphabet.ts';
import { ByteKeyTable, hashLong } from './byte-key-table.ts';
import { Backtracker } from './merge-by-backtracking.ts';
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
  /** Made when the first piece is merged; null where the merges do not allow it. */
  #backtracker: Backtracker | null | undefined;
  /** Tokens, in the byte alphabet, that no merge makes: with `ignore_merges` they stand for a whole piece. */
  readonly #unmade = new Map<string, number>();

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

  clearCache(): void {
    this.#cache.clear();
    this.#sequencesLength = 0;
    this.#seenOnce.fill(0);
  }

  #encodeWindow(text: string, output: IdBuffer): void {
    const end = this.#buffer.write(text);
    const { bytes, view } = this.#buffer;
    // Whatever stops a word stops it here.
    bytes[end] = 0;
    const scan = this.#scanner.scan;
    const cache = this.#cache;
    output.reserve(end);
    const ids = output.ids;
    let count = output.length;
    for (let start = 0; start < end;) {
      const word = plainWordEnd(bytes, start);
      const next = word > 0 ? word : scan(bytes, start, end);
      const length = next - start;
      const offset = cache.locate(view, bytes, start, length);
      const value = cache.value(offset);
      if (cache.isEmpty(offset)) count = this.#encodeNew(start, length, offset, ids, count);
      else if (value >= 0) ids[count++] = value;
      else count = this.#copySequence(-1 - value, ids, count);
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
    if (length > this.#symbols.length) this.#symbols = new Int32Array(length * 2);
    const bytes = this.#buffer.bytes;
    const backtracker = (this.#backtracker ??= this.#createBacktracker());
    if (backtracker === null) return this.#mergeClassically(start, length);
    const { ignoreMerges = false } = this.#model.options;
    const whole = this.#unmade.size > 0 ? this.#unmadeAt(start, length) : undefined;
    if (whole === undefined)
      return backtracker.encode(bytes, start, start + length, this.#symbols, 0, ignoreMerges);
    this.#symbols[0] = whole;
    return 1;
  }

  #createBacktracker(): Backtracker | null {
    const { mergeTable, vocabSize, options } = this.#model;
    if (!mergeTable.isOrdered || this.#byteIds.some((id, byte) => id < 0 && occursInUtf8(byte)))
      return null;
    const bases = [...this.#byteIds].filter((id) => id >= 0);
    const backtracker = new Backtracker(mergeTable, this.#model.rawTokens, bases);
    for (let id = 0; id < vocabSize && options.ignoreMerges; id++) {
      const token = backtracker.isMade(id) ? undefined : this.#model.idToToken(id);
      if (token !== undefined) this.#unmade.set(token, id);
    }
    return backtracker;
  }

  #unmadeAt(start: number, length: number): number | undefined {
    return this.#unmade.get(byteCharacters(this.#buffer.bytes.subarray(start, start + length)));
  }

  #mergeClassically(start: number, length: number): number {
    const bytes = this.#buffer.bytes;
    if (this.#model.options.ignoreMerges) {
      const whole = this.#model.tokenToId(byteCharacters(bytes.subarray(start, start + length)));
      if (whole !== undefined) {
        this.#symbols[0] = whole;
        return 1;
      }
    }
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
      this.clearCache();
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

/**
 * The commonest piece, a word of ASCII letters of which only the first may be a capital, perhaps behind a blank, is the
 * same in every pattern that has a scanner, if no letter or apostrophe can follow. Its end, or 0.
 */
function plainWordEnd(bytes: Uint8Array, start: number): number {
  let i = bytes[start] === 0x20 ? start + 1 : start;
  let byte = bytes[i] as number;
  if (byte >= 0x41 && byte <= 0x5a) byte = bytes[++i] as number;
  const low = i;
  while (byte >= 0x61 && byte <= 0x7a) byte = bytes[++i] as number;
  if (i === low || byte >= 0x80 || byte === 0x27 || (byte >= 0x41 && byte <= 0x5a)) return 0;
  return i;
}
