/**
 * The fast path of Unigram: piece by piece on bytes, each different one worked on once. Tested equal to the general path.
 */
import type { RawTokens } from '../bpe/raw-tokens.ts';
import type { BlankUse } from '../pieces/blank-words.ts';
import { blankScanner, META, tokensWithBlanks } from '../pieces/blank-words.ts';
import { CharacterCuts, characterIds } from '../pieces/character-cuts.ts';
import { PieceEncoder } from '../pieces/piece-encoder.ts';
import { characterLength } from '../unicode/utf8.ts';
import { CharacterTrie } from './character-trie.ts';
import { CharacterViterbi } from './character-viterbi.ts';
import type { UnigramModel } from './unigram-model.ts';

const BLANK = 0x20;

export class UnigramEncoder {
  readonly #model: UnigramModel;
  readonly #viterbi: CharacterViterbi;
  readonly pieces: PieceEncoder;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Whether the unknown piece is a character, which text may hold. */
  readonly #isUnkSpelt: boolean;
  /** Where the tokens of a piece end. */
  #ends = new Int32Array(256);

  constructor(model: UnigramModel, blanks: BlankUse) {
    this.#model = model;
    const { packed } = model.vocabulary;
    const tokens = blanks === 'kept' ? packed : tokensWithBlanks(packed);
    this.#viterbi = new CharacterViterbi(new CharacterTrie(tokens), model.scores, model.unkScore);
    const { unkId } = model.options;
    const unk = unkId === undefined ? '' : (model.idToToken(unkId) ?? '');
    this.#isUnkSpelt = [...unk].length === 1;
    this.pieces = new PieceEncoder({
      characterIds: characterIds(tokens, (id) => id !== unkId),
      scan: blankScanner(blanks === 'metaspace' ? 'each' : 'none', cutsOf(model, tokens)),
      encodePiece: (bytes, start, end, ids, count) =>
        this.#encodePiece(bytes, start, end, ids, count),
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
    const viterbi = this.#viterbi;
    viterbi.run(bytes, start, end);
    const { unkId = -1 } = this.#model.options;
    let tokens = 0;
    let hasUnknown = false;
    for (let place = viterbi.length; place > 0; place = viterbi.startOf(place)) {
      const id = viterbi.idOf(place);
      hasUnknown ||= id === -1 || id === unkId;
      tokens++;
    }
    if (hasUnknown) return this.#emit(bytes, tokens, ids, count);
    let at = count + tokens;
    for (let place = viterbi.length; place > 0; place = viterbi.startOf(place))
      ids[--at] = viterbi.idOf(place);
    return count + tokens;
  }

  /** Runs of unknown characters become one token, or bytes. */
  #emit(bytes: Uint8Array, tokens: number, ids: Int32Array, count: number): number {
    const viterbi = this.#viterbi;
    const { unkId = -1 } = this.#model.options;
    if (this.#ends.length < tokens) this.#ends = new Int32Array(tokens * 2);
    const ends = this.#ends;
    let left = tokens;
    for (let place = viterbi.length; place > 0; place = viterbi.startOf(place))
      ends[--left] = place;
    for (let i = 0, from = 0; i < tokens; i++) {
      const isUnknown = this.#isUnknown(ends[i] as number, unkId);
      while (isUnknown && i + 1 < tokens && this.#isUnknown(ends[i + 1] as number, unkId)) i++;
      const end = ends[i] as number;
      if (isUnknown)
        count = this.#emitUnknown(bytes, viterbi.placeOf(from), viterbi.placeOf(end), ids, count);
      else ids[count++] = viterbi.idOf(end);
      from = end;
    }
    return count;
  }

  #isUnknown(end: number, unkId: number): boolean {
    const id = this.#viterbi.idOf(end);
    return id === -1 || id === unkId;
  }

  #emitUnknown(
    bytes: Uint8Array,
    start: number,
    end: number,
    ids: Int32Array,
    count: number,
  ): number {
    const { vocabulary, options, byteIds } = this.#model;
    let hasBlank = false;
    let isCovered = byteIds !== undefined;
    for (let i = start; i < end; i++) {
      hasBlank ||= bytes[i] === BLANK;
      isCovered &&= ((byteIds as Int32Array)[bytes[i] as number] as number) >= 0;
    }
    // A run may be a piece as a whole all the same; not so a character, unless it is the unknown piece.
    const isCharacter =
      end - start === characterLength(bytes[start] as number) && !this.#isUnkSpelt;
    const known = hasBlank || isCharacter ? -1 : vocabulary.packed.find(bytes, start, end);
    if (known >= 0) ids[count++] = known;
    else if (hasBlank || (!isCovered && options.unkId === undefined)) {
      const text = this.#decoder.decode(bytes.subarray(start, end)).replaceAll(' ', META);
      for (const id of this.#model.unknownIds(text)) ids[count++] = id;
    } else if (isCovered) {
      for (let i = start; i < end; i++)
        ids[count++] = (byteIds as Int32Array)[bytes[i] as number] as number;
    } else ids[count++] = options.unkId as number;
    return count;
  }
}

/**
 * Cuts change no sum of scores if none is rounded: if they are 32-bit numbers, as in SentencePiece's files, and none is
 * tiny.
 */
function cutsOf(
  { scores, options }: UnigramModel,
  { starts, ends, ...tokens }: RawTokens,
): CharacterCuts | undefined {
  const { unkId } = options;
  // Unknown characters join, and a token of one character might stand for them.
  if (unkId !== undefined) starts = starts.slice().fill(-1, unkId, unkId + 1);
  const isExact = (score: number): boolean =>
    Math.fround(score) === score && (score === 0 || Math.abs(score) > 2 ** -7);
  return scores.every(isExact) ? new CharacterCuts({ ...tokens, starts, ends }) : undefined;
}
