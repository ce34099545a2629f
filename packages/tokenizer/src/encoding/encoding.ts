/**
 * Everything that is known of an encoded text, token by token: the counterpart of `Encoding` in Rust `tokenizers`.
 * Offsets are UTF-16 code units, as in JavaScript strings (`text.slice(...offsets[i])`); `byteOffsets` are in UTF-8.
 */
export type Offsets = readonly [start: number, end: number];

export interface EncodingColumns {
  readonly ids: readonly number[];
  readonly tokens: readonly string[];
  readonly typeIds: readonly number[];
  readonly offsets: readonly Offsets[];
  readonly byteOffsets: readonly Offsets[];
  readonly wordIds: readonly (number | null)[];
  readonly sequenceIds: readonly (0 | 1 | null)[];
  readonly specialTokensMask: readonly number[];
  readonly attentionMask: readonly number[];
}

export class Encoding implements EncodingColumns {
  readonly ids: readonly number[];
  /** As the vocabulary writes them. */
  readonly tokens: readonly string[];
  /** 0 for the first text of a pair, 1 for the second, or as the post-processor says. */
  readonly typeIds: readonly number[];
  /** Where each token stands in its text, in UTF-16 units; [0, 0] for tokens that were added. */
  readonly offsets: readonly Offsets[];
  /** The same in bytes of UTF-8. */
  readonly byteOffsets: readonly Offsets[];
  /** The piece of the pre-tokenizer that each token belongs to; null for tokens that were added. */
  readonly wordIds: readonly (number | null)[];
  /** Which text each token comes from; null for tokens that were added. */
  readonly sequenceIds: readonly (0 | 1 | null)[];
  /** 1 for tokens that the post-processor or the padding added. */
  readonly specialTokensMask: readonly number[];
  /** 0 for padding. */
  readonly attentionMask: readonly number[];
  /** What truncation cut off, in parts of the same form. */
  readonly overflowing: readonly Encoding[];

  constructor(columns: EncodingColumns, overflowing: readonly Encoding[] = []) {
    this.ids = columns.ids;
    this.tokens = columns.tokens;
    this.typeIds = columns.typeIds;
    this.offsets = columns.offsets;
    this.byteOffsets = columns.byteOffsets;
    this.wordIds = columns.wordIds;
    this.sequenceIds = columns.sequenceIds;
    this.specialTokensMask = columns.specialTokensMask;
    this.attentionMask = columns.attentionMask;
    this.overflowing = overflowing;
  }

  get length(): number {
    return this.ids.length;
  }

  /** Tokens `start` to `end`, without overflow. */
  slice(start: number, end: number): Encoding {
    return new Encoding(mapColumns((column) => column.slice(start, end), this));
  }

  /** The tokens that make up a word, as [first, last + 1], or undefined. */
  wordToTokens(word: number, sequence: 0 | 1 = 0): Offsets | undefined {
    const isPart = (_: unknown, i: number): boolean =>
      this.wordIds[i] === word && this.sequenceIds[i] === sequence;
    const first = this.ids.findIndex(isPart);
    return first < 0 ? undefined : [first, this.ids.findLastIndex(isPart) + 1];
  }

  /** The token that holds the UTF-16 unit at `position` of a text, or undefined (white space, as a rule). */
  charToToken(position: number, sequence: 0 | 1 = 0): number | undefined {
    const found = this.offsets.findIndex(
      ([start, end], i) => this.sequenceIds[i] === sequence && position >= start && position < end,
    );
    return found < 0 ? undefined : found;
  }
}

/** One encoding after the other; overflowing parts are combined with every part of the others. */
export function concatenateEncodings(parts: readonly Encoding[]): Encoding {
  const overflowing: Encoding[] = [];
  let joined = EMPTY;
  let isFirst = true;
  for (const part of parts) {
    const before = joined;
    const parted = overflowing.splice(0);
    joined = isFirst ? part : join(before, part);
    if (isFirst) overflowing.push(...part.overflowing);
    else {
      for (const cut of parted) {
        overflowing.push(join(cut, part));
        for (const other of part.overflowing) overflowing.push(join(cut, other));
      }
      for (const other of part.overflowing) overflowing.push(join(before, other));
    }
    isFirst = false;
  }
  return new Encoding(joined, overflowing);
}

export const EMPTY_COLUMNS: EncodingColumns = {
  ids: [],
  tokens: [],
  typeIds: [],
  offsets: [],
  byteOffsets: [],
  wordIds: [],
  sequenceIds: [],
  specialTokensMask: [],
  attentionMask: [],
};

const EMPTY = new Encoding(EMPTY_COLUMNS);

function join(first: Encoding, second: Encoding): Encoding {
  return new Encoding(mapColumns((a, b) => [...a, ...b], first, second));
}

/** Applies one function to each column of one or more encodings. */
function mapColumns(
  map: <T>(first: readonly T[], second: readonly T[]) => readonly T[],
  first: EncodingColumns,
  second: EncodingColumns = first,
): EncodingColumns {
  return {
    ids: map(first.ids, second.ids),
    tokens: map(first.tokens, second.tokens),
    typeIds: map(first.typeIds, second.typeIds),
    offsets: map(first.offsets, second.offsets),
    byteOffsets: map(first.byteOffsets, second.byteOffsets),
    wordIds: map(first.wordIds, second.wordIds),
    sequenceIds: map(first.sequenceIds, second.sequenceIds),
    specialTokensMask: map(first.specialTokensMask, second.specialTokensMask),
    attentionMask: map(first.attentionMask, second.attentionMask),
  };
}

/** Tokens that no text holds: `ids[i]` is written `tokens[i]`. */
export function addedColumns(
  ids: readonly number[],
  tokens: readonly string[],
  typeId: number,
  attention: 0 | 1,
): EncodingColumns {
  return {
    ids,
    tokens,
    typeIds: ids.map(() => typeId),
    offsets: ids.map((): Offsets => [0, 0]),
    byteOffsets: ids.map((): Offsets => [0, 0]),
    wordIds: ids.map(() => null),
    sequenceIds: ids.map(() => null),
    specialTokensMask: ids.map(() => 1),
    attentionMask: ids.map(() => attention),
  };
}
