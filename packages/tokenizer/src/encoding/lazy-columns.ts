/** Columns of an encoding that are made when somebody asks for them: few callers look at all nine. */
import type { EncodingColumns } from './encoding.ts';

export type ColumnName = keyof EncodingColumns;

/** Makes one column. */
export type MakeColumn = <Name extends ColumnName>(name: Name) => EncodingColumns[Name];

export class LazyColumns implements EncodingColumns {
  readonly #make: MakeColumn;
  readonly #made: { -readonly [Name in ColumnName]?: EncodingColumns[Name] } = {};

  constructor(make: MakeColumn) {
    this.#make = make;
  }

  get ids(): EncodingColumns['ids'] {
    return (this.#made.ids ??= this.#make('ids'));
  }

  get tokens(): EncodingColumns['tokens'] {
    return (this.#made.tokens ??= this.#make('tokens'));
  }

  get typeIds(): EncodingColumns['typeIds'] {
    return (this.#made.typeIds ??= this.#make('typeIds'));
  }

  get offsets(): EncodingColumns['offsets'] {
    return (this.#made.offsets ??= this.#make('offsets'));
  }

  get byteOffsets(): EncodingColumns['byteOffsets'] {
    return (this.#made.byteOffsets ??= this.#make('byteOffsets'));
  }

  get wordIds(): EncodingColumns['wordIds'] {
    return (this.#made.wordIds ??= this.#make('wordIds'));
  }

  get sequenceIds(): EncodingColumns['sequenceIds'] {
    return (this.#made.sequenceIds ??= this.#make('sequenceIds'));
  }

  get specialTokensMask(): EncodingColumns['specialTokensMask'] {
    return (this.#made.specialTokensMask ??= this.#make('specialTokensMask'));
  }

  get attentionMask(): EncodingColumns['attentionMask'] {
    return (this.#made.attentionMask ??= this.#make('attentionMask'));
  }
}
