/**
 * Everything that is known of an encoded text, token by token: the counterpart of `Encoding` in Rust `tokenizers`.
 * Offsets are UTF-16 code units, as in JavaScript strings (`text.slice(...offsets[i])`); `byteOffsets` are in UTF-8.
 */
import type { ColumnName, MakeColumn } from './lazy-columns.ts';
import { LazyColumns } from './lazy-columns.ts';

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
  readonly #columns: EncodingColumns;
  /** What truncation cut off, in parts of the same form. */
  readonly overflowing: readonly Encoding[];

  constructor(columns: EncodingColumns, overflowing: readonly Encoding[] = []) {
    this.#columns = columns instanceof Encoding ? columns.#columns : columns;
    this.overflowing = overflowing;
  }

  get ids(): readonly number[] {
    return this.#columns.ids;
  }

  /** As the vocabulary writes them. */
  get tokens(): readonly string[] {
    return this.#columns.tokens;
  }

  /** 0 for the first text of a pair, 1 for the second, or as the post-processor says. */
  get typeIds(): readonly number[] {
    return this.#columns.typeIds;
  }

  /** Where each token stands in its text, in UTF-16 units; [0, 0] for tokens that were added. */
  get offsets(): readonly Offsets[] {
    return this.#columns.offsets;
  }

  /** The same in bytes of UTF-8. */
  get byteOffsets(): readonly Offsets[] {
    return this.#columns.byteOffsets;
  }

  /** The piece of the pre-tokenizer that each token belongs to; null for tokens that were added. */
  get wordIds(): readonly (number | null)[] {
    return this.#columns.wordIds;
  }

  /** Which text each token comes from; null for tokens that were added. */
  get sequenceIds(): readonly (0 | 1 | null)[] {
    return this.#columns.sequenceIds;
  }

  /** 1 for tokens that the post-processor or the padding added. */
  get specialTokensMask(): readonly number[] {
    return this.#columns.specialTokensMask;
  }

  /** 0 for padding. */
  get attentionMask(): readonly number[] {
    return this.#columns.attentionMask;
  }

  /** All columns, for JSON. */
  toJSON(): EncodingColumns & { readonly overflowing: readonly Encoding[] } {
    const { ids, tokens, typeIds, offsets, byteOffsets } = this;
    const { wordIds, sequenceIds, specialTokensMask, attentionMask, overflowing } = this;
    const columns = { ids, tokens, typeIds, offsets, byteOffsets, wordIds, sequenceIds };
    return { ...columns, specialTokensMask, attentionMask, overflowing };
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
  return new Encoding(mapColumns((a, b) => a.concat(b), first, second));
}

/** Applies one function to each column of one or more encodings, when it is asked for. */
function mapColumns(
  map: <T>(first: readonly T[], second: readonly T[]) => readonly T[],
  first: EncodingColumns,
  second: EncodingColumns = first,
): EncodingColumns {
  const make = (name: ColumnName): unknown =>
    map<unknown>(first[name] as readonly unknown[], second[name] as readonly unknown[]);
  return new LazyColumns(make as MakeColumn);
}

/** The columns with others in place of some. */
export function withColumns(
  columns: EncodingColumns,
  others: { readonly [Name in ColumnName]?: () => EncodingColumns[Name] },
): EncodingColumns {
  const make = (name: ColumnName): unknown => (others[name] ?? (() => columns[name]))();
  return new LazyColumns(make as MakeColumn);
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
