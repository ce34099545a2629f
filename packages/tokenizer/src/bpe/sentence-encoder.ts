/**
 * The fast path of SentencePiece's BPE, whose symbols are characters and whose blanks are ▁: word by word where no token
 * goes beyond a word, each word through backtracking. Tested equal to the general path.
 */
import type { BlankCuts, BlankUse } from '../pieces/blank-words.ts';
import { blankScanner, crossesWords, META, tokensWithBlanks } from '../pieces/blank-words.ts';
import { CharacterCuts, characterIds } from '../pieces/character-cuts.ts';
import { PieceEncoder } from '../pieces/piece-encoder.ts';
import { characterLength } from '../unicode/utf8.ts';
import type { BpeModel } from './bpe-model.ts';
import { Backtracker } from './merge-by-backtracking.ts';
import type { RawTokens } from './raw-tokens.ts';

export class SentenceEncoder {
  readonly #model: BpeModel;
  readonly #backtracker: Backtracker;
  readonly pieces: PieceEncoder;
  readonly #byteIds: Int32Array | undefined;
  /** What stands for characters without bytes. */
  readonly #unkIds: readonly number[];

  /**
   * Undefined where the model has options that the fast path does not know.
   */
  static create(model: BpeModel, blanks: BlankUse): SentenceEncoder | undefined {
    const { continuingSubwordPrefix, endOfWordSuffix, ignoreMerges } = model.options;
    if (continuingSubwordPrefix || endOfWordSuffix || ignoreMerges) return undefined;
    // A blank that is unknown would join the unknown characters around it to one token.
    if (model.tokenToId(META) === undefined) return undefined;
    const { packed } = model.vocabulary;
    if (packed.hasDuplicates || model.mergesSubstitutes) return undefined;
    const tokens = blanks === 'kept' ? packed : tokensWithBlanks(packed);
    const backtracker = Backtracker.create(model.mergeTable, tokens, characterTokens(tokens));
    if (backtracker === undefined) return undefined;
    const cuts = { metaspace: 'each', replaced: wordCuts(tokens, backtracker), kept: 'none' };
    return new SentenceEncoder(model, tokens, backtracker, cuts[blanks] as BlankCuts);
  }

  private constructor(
    model: BpeModel,
    tokens: RawTokens,
    backtracker: Backtracker,
    blanks: BlankCuts,
  ) {
    this.#model = model;
    this.#backtracker = backtracker;
    this.#byteIds = byteTokens(model);
    const { unkToken } = model.options;
    this.#unkIds = unkToken === undefined ? [] : [model.tokenToId(unkToken) as number];
    this.pieces = new PieceEncoder({
      characterIds: characterIds(tokens, () => true),
      scan: blankScanner(blanks, new CharacterCuts(tokens)),
      encodePiece: (text, start, end, ids, count) =>
        this.#encodePiece(text, start, end, ids, count),
      hasPlainWords: false,
    });
  }

  #encodePiece(
    bytes: Uint8Array,
    start: number,
    end: number,
    ids: Int32Array,
    count: number,
  ): number {
    let isAfterUnknown = false;
    for (let place = start; place < end;) {
      count = this.#backtracker.encode(bytes, place, end, ids, count);
      if (this.#backtracker.stoppedAt > place) isAfterUnknown = false;
      place = this.#backtracker.stoppedAt;
      if (place === end) break;
      const next = place + characterLength(bytes[place] as number);
      if (this.#emitBytes(bytes, place, next, ids, count)) {
        isAfterUnknown = false;
        count += next - place;
      } else if (!(isAfterUnknown && this.#model.options.fuseUnk)) {
        for (const id of this.#unkIds) ids[count++] = id;
        isAfterUnknown = this.#unkIds.length > 0;
      }
      place = next;
    }
    return count;
  }

  /** The bytes of a character that is no token, if each has a token. */
  #emitBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    ids: Int32Array,
    count: number,
  ): boolean {
    const byteIds = this.#byteIds;
    if (byteIds === undefined) return false;
    for (let i = start; i < end; i++) {
      const id = byteIds[bytes[i] as number] as number;
      if (id < 0) return false;
      ids[count++] = id;
    }
    return true;
  }
}

/** Ids of the `<0xNN>` tokens, −1 where there is none; undefined without byte fallback. */
function byteTokens(model: BpeModel): Int32Array | undefined {
  if (!model.options.byteFallback) return undefined;
  const name = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
  return Int32Array.from({ length: 256 }, (_, byte) => model.tokenToId(name(byte)) ?? -1);
}

/** Words are taken one by one unless a token that merges make goes beyond one. */
function wordCuts({ bytes, starts, ends }: RawTokens, backtracker: Backtracker): BlankCuts {
  const isCrossed = (start: number, id: number): boolean =>
    start >= 0 && backtracker.isMade(id) && crossesWords(bytes, start, ends[id] as number);
  return starts.some(isCrossed) ? 'none' : 'words';
}

/** Ids of the tokens of one character. */
function characterTokens({ bytes, starts, ends }: RawTokens): number[] {
  const ids: number[] = [];
  starts.forEach((start, id) => {
    if (start >= 0 && (ends[id] as number) - start === characterLength(bytes[start] ?? 0))
      ids.push(id);
  });
  return ids;
}
