/** Pre-tokenizers that cut where the class of a character changes. Unicode properties throughout: never `\s` or `\d`. */
import { PUNCTUATION } from '../unicode/bert-classes.data.ts';
import { rangesPattern } from '../unicode/ranges.ts';
import type { SplitBehavior } from './split.ts';
import { splitBy } from './split.ts';

const SPACE = /\p{White_Space}/gu;
/** Rust's `char::is_numeric`: decimal digits, letter numbers and other numbers. */
const NUMERIC = /\p{N}/gu;
const WORDS =
  /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu;

export function digits(individual: boolean): (text: string) => string[] {
  return (text) => splitBy(text, NUMERIC, individual ? 'Isolated' : 'Contiguous');
}

export function punctuation(behavior: SplitBehavior): (text: string) => string[] {
  const pattern = rangesPattern(PUNCTUATION);
  return (text) => splitBy(text, pattern, behavior);
}

/** `\w+|[^\w\s]+` */
export function whitespace(text: string): string[] {
  return splitBy(text, WORDS, 'Removed', true);
}

export function whitespaceSplit(text: string): string[] {
  return splitBy(text, SPACE, 'Removed');
}

/** BERT: at white space, and every punctuation character by itself. */
export function bert(): (text: string) => string[] {
  const isolate = punctuation('Isolated');
  return (text) => whitespaceSplit(text).flatMap(isolate);
}
