/**
 * The fast path of SentencePiece's BPE, whose symbols are characters and whose blanks are ▁: word by word where no token
 * goes beyond a word, each word through backtracking. Tested equal to the general path.
 */
import type { IdBuffer } from '../model.ts';
import { crossesWords, scanMetaPieces, scanMetaWords, scanWhole } from '../pieces/meta-words.ts';
import { PieceEncoder } from '../pieces/piece-encoder.ts';
import type { BpeModel, Substitute } from './bpe-model.ts';
import { Backtracker } from './merge-by-backtracking.ts';

const META = '\u2581';
const MAX_SUBSTITUTES = 10_000;

export class SentenceEncoder {
  readonly #model: BpeModel;
  readonly #backtracker: Backtracker;
  readonly #pieces: PieceEncoder;
  /** By the bytes of a character. */
  readonly #substitutes = new Map<number, Substitute>();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /**
   * Undefined where the model has options that the fast path does not know.
   * @param cutsAlways every ▁ begins a piece, whatever the tokens (Metaspace with `split`)
   */
  static create(model: BpeModel, cutsAlways: boolean): SentenceEncoder | undefined {
    const { continuingSubwordPrefix, endOfWordSuffix, ignoreMerges } = model.options;
    if (continuingSubwordPrefix || endOfWordSuffix || ignoreMerges) return undefined;
    // A blank that is unknown would join the unknown characters around it to one token.
    if (model.tokenToId(META) === undefined) return undefined;
    const { packed } = model.vocabulary;
    const bases = characterTokens(packed);
    if (packed.hasDuplicates || model.mergesSubstitutes) return undefined;
    const backtracker = Backtracker.create(model.mergeTable, packed, bases);
    return backtracker && new SentenceEncoder(model, backtracker, cutsAlways);
  }

  private constructor(model: BpeModel, backtracker: Backtracker, cutsAlways: boolean) {
    this.#model = model;
    this.#backtracker = backtracker;
    const { bytes, starts, ends } = model.vocabulary.packed;
    const isCrossed = (start: number, id: number): boolean =>
      start >= 0 && backtracker.isMade(id) && crossesWords(bytes, start, ends[id] as number);
    const scan = starts.some(isCrossed) ? scanWhole : scanMetaWords;
    this.#pieces = new PieceEncoder({
      scan: cutsAlways ? scanMetaPieces : scan,
      encodePiece: (text, start, end, ids, count) =>
        this.#encodePiece(text, start, end, ids, count),
      hasPlainWords: false,
    });
  }

  /** @param text with ▁ for blanks */
  encode(text: string, output: IdBuffer): void {
    this.#pieces.encode(text, output);
  }

  clearCache(): void {
    this.#pieces.clearCache();
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
      const substitute = this.#substitute(bytes, place, next);
      if (substitute.isUnknown && isAfterUnknown && this.#model.options.fuseUnk) {
        place = next;
        continue;
      }
      isAfterUnknown = substitute.isUnknown && substitute.ids.length > 0;
      for (const id of substitute.ids) ids[count++] = id;
      place = next;
    }
    return count;
  }

  #substitute(bytes: Uint8Array, start: number, end: number): Substitute {
    let key = 0;
    for (let i = start; i < end; i++) key = (key << 8) | (bytes[i] as number);
    let found = this.#substitutes.get(key);
    if (found === undefined) {
      found = this.#model.substitute(this.#decoder.decode(bytes.subarray(start, end)));
      if (this.#substitutes.size >= MAX_SUBSTITUTES) this.#substitutes.clear();
      this.#substitutes.set(key, found);
    }
    return found;
  }
}

/** Ids of the tokens of one character. */
function characterTokens({
  bytes,
  starts,
  ends,
}: {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}): number[] {
  const ids: number[] = [];
  starts.forEach((start, id) => {
    if (start >= 0 && (ends[id] as number) - start === characterLength(bytes[start] ?? 0))
      ids.push(id);
  });
  return ids;
}

function characterLength(firstByte: number): number {
  if (firstByte < 0x80) return 1;
  return firstByte < 0xe0 ? 2 : firstByte < 0xf0 ? 3 : 4;
}
