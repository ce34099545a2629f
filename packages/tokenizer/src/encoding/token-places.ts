/** The tokens of one text and where they stand in it, before anything is added; other columns follow from these. */
import { byteOffsetsOf } from './byte-offsets.ts';
import type { EncodingColumns, Offsets } from './encoding.ts';
import { Encoding } from './encoding.ts';
import type { ColumnName } from './lazy-columns.ts';
import { LazyColumns } from './lazy-columns.ts';

/** Tokens of a stretch of text, in UTF-16 units and words from its beginning. */
export class TokenPlaces {
  readonly ids: number[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly words: number[] = [];
  /** What is written for a token where that is not what the vocabulary says, by its place in the list. */
  readonly texts = new Map<number, string>();
  /** How many words there are. */
  wordCount = 0;

  push(id: number, start: number, end: number, word: number, text?: string): void {
    if (text !== undefined) this.texts.set(this.ids.length, text);
    this.ids.push(id);
    this.starts.push(start);
    this.ends.push(end);
    this.words.push(word);
  }

  /** Appends those of a stretch that begins at `base`, and whose first word is `word`. */
  append(stretch: TokenPlaces, base: number, word: number): void {
    const { ids, starts, ends, words, texts } = stretch;
    if (texts.size > 0) for (const [i, text] of texts) this.texts.set(this.ids.length + i, text);
    for (let i = 0; i < ids.length; i++) {
      this.ids.push(ids[i] as number);
      this.starts.push(base + (starts[i] as number));
      this.ends.push(base + (ends[i] as number));
      this.words.push(word + (words[i] as number));
    }
  }

  encoding(text: string, sequence: 0 | 1, tokenOf: (id: number) => string): Encoding {
    const { ids, starts, ends, words, texts } = this;
    const constant = <T>(value: T): T[] => new Array<T>(ids.length).fill(value);
    const offsets = (toOffset: (unit: number) => number): Offsets[] =>
      ids.map((_, i): Offsets => [toOffset(starts[i] as number), toOffset(ends[i] as number)]);
    const make = (name: ColumnName): EncodingColumns[ColumnName] => {
      switch (name) {
        case 'ids':
          return ids;
        case 'tokens':
          return ids.map((id, i) => (texts.size > 0 ? texts.get(i) : undefined) ?? tokenOf(id));
        case 'offsets':
          return offsets((unit) => unit);
        case 'byteOffsets':
          return offsets(byteOffsetsOf(text));
        case 'wordIds':
          return words;
        case 'typeIds':
        case 'sequenceIds':
          return constant(sequence);
        case 'specialTokensMask':
          return constant(0);
        case 'attentionMask':
          return constant(1);
      }
    };
    return new Encoding(new LazyColumns(make as ConstructorParameters<typeof LazyColumns>[0]));
  }
}
