/** Pre-tokenizers that cut where the class of a character changes. Unicode properties throughout: never `\s` or `\d`. */
import { PUNCTUATION } from '../unicode/bert-classes.data.ts';
import { rangesPattern } from '../unicode/ranges.ts';
import type { SplitBehavior, Splitter } from './split.ts';
import { splitAgain, splitter } from './split.ts';

const SPACE = /\p{White_Space}/gu;
/** Rust's `char::is_numeric`: decimal digits, letter numbers and other numbers. */
const NUMERIC = /\p{N}/gu;
const WORDS =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;

export function digits(individual: boolean): Splitter {
  return splitter(NUMERIC, individual ? 'Isolated' : 'Contiguous');
}

export function punctuation(behavior: SplitBehavior): Splitter {
  return splitter(rangesPattern(PUNCTUATION), behavior);
}

/** `\w+|[^\w\s]+` */
export function whitespace(): Splitter {
  return splitter(WORDS, 'Removed', true);
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
