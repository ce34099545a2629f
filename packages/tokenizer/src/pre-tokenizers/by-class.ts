/** Pre-tokenizers that cut where the class of a character changes. Unicode properties throughout: never `\s` or `\d`. */
import { PUNCTUATION } from '../unicode/bert-classes.data.ts';
import { propertyClass } from '../unicode/properties.ts';
import { rangesPattern } from '../unicode/ranges.ts';
import type { SplitBehavior, Splitter } from './split.ts';
import { splitAgain, splitter } from './split.ts';

const SPACE = /\p{White_Space}/gu;
/** Decimal digits, letter numbers and other numbers, Rust's `char::is_numeric`. */
export function digits(individual: boolean): Splitter {
  const numeric = new RegExp(`[${propertyClass('Numeric')}]`, 'gu');
  return splitter(numeric, individual ? 'Isolated' : 'Contiguous');
}

export function punctuation(behavior: SplitBehavior): Splitter {
  return splitter(rangesPattern(PUNCTUATION), behavior);
}

/** `\w+|[^\w\s]+` */
export function whitespace(): Splitter {
  const word = `${propertyClass('Word')}\\p{Join_Control}`;
  const words = new RegExp(`[${word}]+|[^${word}\\p{White_Space}]+`, 'gu');
  return splitter(words, 'Removed', true);
}

export function whitespaceSplit(): Splitter {
  return splitter(SPACE, 'Removed');
}

/** BERT: at white space, and every punctuation character by itself. */
export function bert(): Splitter {
  return splitAgain(whitespaceSplit(), punctuation('Isolated'));
}

/** Stretches of `length` characters; the last may be shorter. */
export function fixedLength(length: number): Splitter {
  return splitter(new RegExp(`[^]{1,${length}}`, 'gu'), 'Removed', true);
}
