/** The classes of `characterClasses`, with letters told apart by case and marks apart from the rest. For o200k. */
import { COMBINING_MARKS, LOWERS, UPPERS } from './case-classes.data.ts';
import { characterClasses } from './character-classes.ts';
import { forEachRange } from './ranges.ts';

/** \p{Lu} and \p{Lt}. */
export const UPPER = 4;
/** \p{Ll}. */
export const LOWER = 5;
/** \p{M}. */
export const MARK = 6;
/** The last marks, variation selectors, are at U+E01EF. */
const TABLE_SIZE = 0xe0200;

const cache: { table?: Uint8Array } = {};

/** Shared: do not write. */
export function caseClasses(): Uint8Array {
  return (cache.table ??= build());
}

function build(): Uint8Array {
  const classes = new Uint8Array(TABLE_SIZE);
  classes.set(characterClasses(false));
  const fill = (packed: string, value: number): void =>
    forEachRange(packed, (first, last) => classes.fill(value, first, last + 1));
  fill(UPPERS, UPPER);
  fill(LOWERS, LOWER);
  fill(COMBINING_MARKS, MARK);
  return classes;
}
