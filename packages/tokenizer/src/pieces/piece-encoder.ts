/**
 * Text to ids, piece by piece: text is written once as UTF-8, a scanner finds where each piece ends, and a table of byte
 * strings remembers the ids of each. Only a piece not seen before is worked on. Its memory is bounded.
 */
import type { IdBuffer } from '../model.ts';
import type { ScanPiece } from '../pre-tokenizers/scan-gpt2.ts';
import { ByteKeyTable } from '../bpe/byte-key-table.ts';
import type { CharacterBorders } from '../bpe/character-borders.ts';
import { isLead, pointAt, shortPointAt, WIDE } from '../bpe/character-borders.ts';
import { CachePolicy } from './cache-policy.ts';
import { plainWordEnd } from './plain-word.ts';
import { Utf8Buffer } from '../bpe/utf8-buffer.ts';

/** The cache is emptied when it holds so many pieces: 8 MB of slots. */
const MAX_CACHED_PIECES = 3 << 17;

const NO_CHARACTERS = new Int32Array(0);

/** Writes the ids of the piece `bytes[start..end)` to `ids` from `count` on; returns the new count. */
export type EncodePiece = (
  bytes: Uint8Array,
  start: number,
  end: number,
  ids: Int32Array,
  count: number,
) => number;

export interface PieceRules {
  readonly scan: ScanPiece;
  readonly encodePiece: EncodePiece;
  /** A word of ASCII letters, perhaps behind a blank, is a piece where `plainWordEnd` finds its end. */
  readonly hasPlainWords: boolean;
  /**
   * Where pieces may be cut into parts of which each has its own ids. Asked for when the first piece comes that begins
   * with a character of three bytes; undefined: nowhere.
   */
  readonly borders?: () => CharacterBorders | undefined;
  /** The same of other pairs of characters. Asked for when many different pieces have come. */
  readonly otherBorders?: () => CharacterBorders | undefined;
  /** By character of three bytes, as a piece by itself: its id + 1, or 0 where `encodePiece` must see it. */
  readonly characterIds?: Int32Array;
  /** Ids for each byte at most. @default 1 */
  readonly idsPerByte?: number;
}

export class PieceEncoder {
  readonly #rules: PieceRules;
  /** Holds the text. */
  readonly buffer = new Utf8Buffer();
  /** Piece → its id, or −1 − (where its ids lie in `#sequences`: their number, then they). */
  readonly #cache = new ByteKeyTable(1 << 12);
  #sequences = new Int32Array(1 << 12);
  #sequencesLength = 0;
  readonly #policy: CachePolicy;
  /** Bytes of the texts before this one. */
  #bytesBefore = 0;
  #otherBorders: CharacterBorders | null | undefined;
  /** Whether pieces are cut between characters of other lengths too. */
  #cutsAll = false;
  /** Null where there are none. */
  #borders: CharacterBorders | null | undefined;
  /** Ids of characters of up to three bytes: the id + 1, or −1 − (where they lie in `#sequences`), or 0. */
  #characters = NO_CHARACTERS;

  constructor(rules: PieceRules) {
    this.#rules = rules;
    this.#policy = new CachePolicy(rules.characterIds !== undefined);
  }

  clearCache(): void {
    this.#cache.clear();
    this.#sequencesLength = 0;
    this.#characters.fill(0);
    this.#policy.forget();
    this.#cutsAll = false;
  }

  encode(text: string, output: IdBuffer): void {
    this.encodeWritten(this.buffer.write(text), output);
  }

  /** As `encode`, of what somebody wrote to the buffer: valid UTF-8 up to `end`. */
  encodeWritten(end: number, output: IdBuffer): void {
    const { bytes } = this.buffer;
    // Whatever stops a word stops it here.
    bytes[end] = 0;
    const { scan, hasPlainWords, characterIds } = this.#rules;
    output.reserve(end * (this.#rules.idsPerByte ?? 1));
    const ids = output.ids;
    let count = output.length;
    for (let start = 0; start < end;) {
      let next = hasPlainWords ? plainWordEnd(bytes, start) : 0;
      if (next === 0) {
        next = scan(bytes, start, end);
        if (characterIds !== undefined) {
          if (next - start === 3 && isLead(bytes[start] as number)) {
            const id = (characterIds[pointAt(bytes, start)] as number) - 1;
            if (id >= 0) {
              ids[count++] = id;
              start = next;
              continue;
            }
          }
        } else if (
          isLead(bytes[start] as number) ||
          isLead(bytes[start + 1] as number) ||
          this.#cutsAll
        ) {
          const cut = this.#encodeCharacters(start, next, ids, count);
          if (cut >= 0) {
            count = cut;
            start = next;
            continue;
          }
        }
      }
      count = this.#encodeCached(start, next, ids, count);
      start = next;
    }
    output.length = count;
    this.#bytesBefore += end;
  }

  #findOtherBorders(): CharacterBorders | null {
    return (this.#otherBorders = this.#rules.otherBorders?.() ?? null);
  }

  #findBorders(): CharacterBorders | null {
    const borders = this.#rules.borders?.() ?? null;
    if (borders !== null) this.#characters = new Int32Array(1 << 16);
    return (this.#borders = borders);
  }

  /** The ids of a piece, part by part; −1 where pieces may not be cut. */
  #encodeCharacters(start: number, end: number, ids: Int32Array, count: number): number {
    const borders = this.#borders === undefined ? this.#findBorders() : this.#borders;
    if (borders === null) return -1;
    const { bytes } = this.buffer;
    const characters = this.#characters;
    const others = this.#cutsAll ? (this.#otherBorders as CharacterBorders) : null;
    let part = start;
    /** The character before, and where it begins; −1 where it may not be cut off. */
    let before = -1;
    let last = start;
    for (let i = start; i < end;) {
      const byte = bytes[i] as number;
      const width = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
      const point =
        width === 3 ? pointAt(bytes, i) : others !== null ? shortPointAt(bytes, i, width) : -1;
      const isCut =
        before >= WIDE && point >= WIDE
          ? !borders.mayJoin(before, point)
          : others !== null && before >= 0 && point >= 0 && !others.mayJoin(before, point);
      if (isCut) {
        const known = last === part ? (characters[before] as number) : 0;
        if (known > 0) ids[count++] = known - 1;
        else if (known < 0) count = this.#copySequence(-1 - known, ids, count);
        else count = this.#encodePart(part, i, last === part ? before : -1, ids, count);
        part = i;
      }
      before = point;
      last = i;
      i += width;
    }
    return this.#encodePart(part, end, last === part ? before : -1, ids, count);
  }

  /** @param character the one that the part is, or −1 */
  #encodePart(
    start: number,
    end: number,
    character: number,
    ids: Int32Array,
    count: number,
  ): number {
    if (character >= 0) {
      const { bytes } = this.buffer;
      const characters = this.#characters;
      if (characters[character] === 0) {
        const after = this.#rules.encodePiece(bytes, start, end, ids, count);
        characters[character] =
          after - count === 1 ? (ids[count] as number) + 1 : -1 - this.#sequencesLength;
        if (after - count !== 1) this.#storeSequence(ids, count, after);
        return after;
      }
      const known = characters[character] as number;
      if (known < 0) return this.#copySequence(-1 - known, ids, count);
      ids[count] = known - 1;
      return count + 1;
    }
    return this.#encodeCached(start, end, ids, count);
  }

  /** The ids of a piece or a part, from the cache if they are there. */
  #encodeCached(start: number, end: number, ids: Int32Array, count: number): number {
    const { bytes, view } = this.buffer;
    const length = end - start;
    if (length > this.#policy.maxBytes) {
      if (this.#policy.isNoise) this.#countNew(start);
      return this.#rules.encodePiece(bytes, start, end, ids, count);
    }
    const cache = this.#cache;
    const offset = cache.locate(view, bytes, start, length);
    const value = cache.value(offset);
    if (cache.isEmpty(offset)) return this.#encodeNew(start, length, offset, ids, count);
    if (value < 0) return this.#copySequence(-1 - value, ids, count);
    ids[count] = value;
    return count + 1;
  }

  #copySequence(at: number, ids: Int32Array, count: number): number {
    const sequences = this.#sequences;
    const end = at + 1 + (sequences[at] as number);
    for (let i = at + 1; i < end; i++) ids[count++] = sequences[i] as number;
    return count;
  }

  /** Appends the ids of a piece that is not in the cache, and caches them. Returns the new count. */
  #encodeNew(
    start: number,
    length: number,
    offset: number,
    ids: Int32Array,
    count: number,
  ): number {
    const { bytes, view } = this.buffer;
    const after = this.#rules.encodePiece(bytes, start, start + length, ids, count);
    this.#countNew(start);
    if (this.#policy.isWorthKeeping(bytes, view, start, length))
      this.#remember(start, length, offset, ids, count, after);
    return after;
  }

  #countNew(start: number): void {
    if (!this.#policy.countNew(this.#bytesBefore + start)) return;
    this.#cutsAll =
      this.#policy.isVaried &&
      (this.#otherBorders === undefined ? this.#findOtherBorders() : this.#otherBorders) !== null;
  }

  /** Caches `ids[from..to)` as the ids of a piece. */
  #remember(
    start: number,
    length: number,
    offset: number,
    ids: Int32Array,
    from: number,
    to: number,
  ): void {
    let value = ids[from] as number;
    if (to - from !== 1) {
      value = -1 - this.#sequencesLength;
      this.#storeSequence(ids, from, to);
    }
    this.#cache.insert(offset, this.buffer.view, this.buffer.bytes, start, length, value);
    if (this.#cache.size >= MAX_CACHED_PIECES) this.clearCache();
  }

  #storeSequence(ids: Int32Array, from: number, to: number): void {
    const needed = this.#sequencesLength + to - from + 1;
    if (needed > this.#sequences.length) {
      const sequences = new Int32Array(needed * 2);
      sequences.set(this.#sequences);
      this.#sequences = sequences;
    }
    const sequences = this.#sequences;
    let at = this.#sequencesLength;
    sequences[at++] = to - from;
    for (let i = from; i < to; i++) sequences[at++] = ids[i] as number;
    this.#sequencesLength = at;
  }
}
