/**
 * Which pieces a cache should remember. Most pieces of a text come again, so short ones are kept at once and longer ones
 * when they come for the second time; in noise nearly all are new, and remembering them would only fill the cache.
 */
import { hashLong } from '../bpe/byte-key-table.ts';
import { isLead } from '../bpe/character-borders.ts';

/** Longer pieces are rarely seen twice. */
const MAX_BYTES = 48;
/** Pieces up to here are kept at once, longer ones, most of which never come again, when they do. */
const BYTES_KEPT_AT_ONCE = 24;
/** The same of several characters of three bytes, where each is a token. */
const WIDE_BYTES_KEPT_AT_ONCE = 8;
/**
 * So many new pieces are looked at together: if they came within few bytes, the text is noise. Then none is kept before
 * it comes again, and no long one. In English a piece has five bytes, and soon most are known.
 */
const NEW_PIECES = 1 << 10;
const NOISE_BYTES = 10 * NEW_PIECES;
const BYTES_KEPT_AT_ONCE_IN_NOISE = 3;
/** Longer ones are not even looked for. */
const MAX_BYTES_IN_NOISE = 8;
/** With fewer bytes to a new piece than this, the text is varied: parts of its pieces are more often known than they. */
const VARIED_BYTES = 24 * NEW_PIECES;
/** One byte of fingerprint for each of so many kinds of long piece that came once. */
const SEEN_ONCE_SLOTS = 1 << 17;

export class CachePolicy {
  readonly #tellsCharactersApart: boolean;
  readonly #seenOnce = new Uint8Array(SEEN_ONCE_SLOTS);
  #newPieces = 0;
  #lookedAt = 0;
  isNoise = false;
  /** Longer pieces are not looked for. */
  maxBytes = MAX_BYTES;
  isVaried = false;

  /** @param tellsCharactersApart whether each wide character is a piece: pieces are short then, many new without being noise */
  constructor(tellsCharactersApart: boolean) {
    this.#tellsCharactersApart = tellsCharactersApart;
  }

  forget(): void {
    this.#seenOnce.fill(0);
    this.isNoise = false;
    this.isVaried = false;
    this.maxBytes = MAX_BYTES;
  }

  /** @param position in all that was read @returns whether `isVaried` was judged anew */
  countNew(position: number): boolean {
    if (this.#tellsCharactersApart || ++this.#newPieces < NEW_PIECES) return false;
    const bytes = position - this.#lookedAt;
    this.isNoise = bytes < NOISE_BYTES;
    this.isVaried = bytes < VARIED_BYTES;
    this.maxBytes = this.isNoise ? MAX_BYTES_IN_NOISE : MAX_BYTES;
    this.#lookedAt = position;
    this.#newPieces = 0;
    return true;
  }

  /** Whether the new piece `bytes[start..start + length)` should be kept. */
  isWorthKeeping(bytes: Uint8Array, view: DataView, start: number, length: number): boolean {
    const isWide = this.#tellsCharactersApart && isLead(bytes[start] as number);
    const keptAtOnce = isWide
      ? WIDE_BYTES_KEPT_AT_ONCE
      : this.isNoise
        ? BYTES_KEPT_AT_ONCE_IN_NOISE
        : BYTES_KEPT_AT_ONCE;
    if (length <= keptAtOnce) return true;
    const hash = hashLong(view, start, length);
    const slot = hash & (SEEN_ONCE_SLOTS - 1);
    // Never 0, which says that no piece came.
    const fingerprint = ((hash >>> 24) & 0xff) | 1;
    if (this.#seenOnce[slot] === fingerprint) return true;
    this.#seenOnce[slot] = fingerprint;
    return false;
  }
}
