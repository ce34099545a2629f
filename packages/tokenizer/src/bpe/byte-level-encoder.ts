/**
 * The fast path of byte-level BPE: a hand-written scanner finds the pieces in UTF-8, and a piece not seen before goes
 * through backtracking, or where the merges do not allow that, through merging. Tested equal to the general path.
 */
import type { IdBuffer } from '../model.ts';
import { PieceEncoder } from '../pieces/piece-encoder.ts';
import { textWindows } from './utf8-buffer.ts';
import type { KnownScanner } from '../pre-tokenizers/known-scanner.ts';
import type { BpeModel } from './bpe-model.ts';
import { BYTE_CHARACTERS, byteCharacters } from './byte-alphabet.ts';
import { CharacterBorders, isLead } from './character-borders.ts';
import { Backtracker } from './merge-by-backtracking.ts';
import { mergeSymbols } from './merge-symbols.ts';

/** Bytes that occur in UTF-8; a model may lack the others. */
function occursInUtf8(byte: number): boolean {
  return byte < 0xc0 || (byte > 0xc1 && byte < 0xf5);
}

export class ByteLevelEncoder {
  readonly #pieces: PieceEncoder;
  readonly #addPrefixSpace: boolean;

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

  private constructor(model: BpeModel, { scan, addPrefixSpace }: KnownScanner) {
    this.#addPrefixSpace = addPrefixSpace;
    const merger = new ByteMerger(model);
    this.#pieces = new PieceEncoder({
      scan,
      encodePiece: (bytes, start, end, ids, count) => merger.merge(bytes, start, end, ids, count),
      borders: () => merger.borders(true),
      otherBorders: () => merger.borders(false),
      hasPlainWords: true,
    });
  }

  encode(text: string, output: IdBuffer): void {
    if (text === '') return;
    const prefixed = this.#addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    for (const window of textWindows(prefixed)) this.#pieces.encode(window, output);
  }

  clearCache(): void {
    this.#pieces.clearCache();
  }
}

/** Ids of one piece of bytes. */
class ByteMerger {
  readonly #model: BpeModel;
  /** Ids of the single bytes, −1 where the vocabulary has none (such bytes give no token). */
  readonly #byteIds: Int32Array;
  #symbols = new Int32Array(256);
  /** Made when the first piece is merged; null where the merges do not allow it. */
  #backtracker: Backtracker | null | undefined;
  /** Tokens, in the byte alphabet, that no merge makes: with `ignore_merges` they stand for a whole piece. */
  readonly #unmade = new Map<string, number>();

  constructor(model: BpeModel) {
    this.#model = model;
    this.#byteIds = Int32Array.from(
      BYTE_CHARACTERS,
      (character) => model.tokenToId(character) ?? -1,
    );
  }

  merge(bytes: Uint8Array, start: number, end: number, ids: Int32Array, count: number): number {
    const backtracker = this.#findBacktracker();
    if (backtracker === null) return this.#mergeClassically(bytes, start, end, ids, count);
    const { ignoreMerges = false } = this.#model.options;
    const whole = this.#unmade.size > 0 ? this.#unmadeAt(bytes, start, end) : undefined;
    if (whole === undefined) return backtracker.encode(bytes, start, end, ids, count, ignoreMerges);
    ids[count] = whole;
    return count + 1;
  }

  /** Undefined where the parts of a piece may have other ids than the piece. */
  borders(isWide: boolean): CharacterBorders | undefined {
    const { mergeTable, rawTokens } = this.#model;
    const { bytes, starts } = rawTokens;
    const isAsked = (id: number): boolean =>
      !isWide || isLead(bytes[starts[id] as number] as number);
    return this.#partsAreWhole(isAsked)
      ? new CharacterBorders(mergeTable.list, rawTokens, isWide)
      : undefined;
  }

  /** Whether none of the tokens that are asked for stands for a whole piece only, and not for the same bytes in a piece. */
  #partsAreWhole(isAsked: (id: number) => boolean): boolean {
    const backtracker = this.#findBacktracker();
    if (backtracker === null || this.#unmade.size > 0) return false;
    const { mergeTable, options } = this.#model;
    const isGood = (id: number): boolean => !isAsked(id) || backtracker.isReachable(id);
    return !options.ignoreMerges || mergeTable.list.every((id, i) => i % 3 < 2 || isGood(id));
  }

  /** (Not `??=`, which would look again and again where there is none.) */
  #findBacktracker(): Backtracker | null {
    if (this.#backtracker === undefined) this.#backtracker = this.#createBacktracker();
    return this.#backtracker;
  }

  #createBacktracker(): Backtracker | null {
    const { mergeTable, vocabSize, options } = this.#model;
    if (this.#byteIds.some((id, byte) => id < 0 && occursInUtf8(byte))) return null;
    const bases = [...this.#byteIds].filter((id) => id >= 0);
    const backtracker = Backtracker.create(mergeTable, this.#model.rawTokens, bases);
    if (backtracker === undefined) return null;
    for (let id = 0; id < vocabSize && options.ignoreMerges; id++) {
      const token = backtracker.isMade(id) ? undefined : this.#model.idToToken(id);
      if (token !== undefined) this.#unmade.set(token, id);
    }
    return backtracker;
  }

  #unmadeAt(bytes: Uint8Array, start: number, end: number): number | undefined {
    return this.#unmade.get(byteCharacters(bytes.subarray(start, end)));
  }

  #mergeClassically(
    bytes: Uint8Array,
    start: number,
    end: number,
    ids: Int32Array,
    count: number,
  ): number {
    if (this.#model.options.ignoreMerges) {
      const whole = this.#model.tokenToId(byteCharacters(bytes.subarray(start, end)));
      if (whole !== undefined) {
        ids[count] = whole;
        return count + 1;
      }
    }
    if (end - start > this.#symbols.length) this.#symbols = new Int32Array((end - start) * 2);
    const symbols = this.#symbols;
    let found = 0;
    for (let i = start; i < end; i++) {
      const id = this.#byteIds[bytes[i] as number] as number;
      if (id >= 0) symbols[found++] = id;
    }
    const left = mergeSymbols(this.#model.mergeTable, symbols, found);
    for (let i = 0; i < left; i++) ids[count + i] = symbols[i] as number;
    return count + left;
  }
}
