/**
 * The class of every code point for the hand-written scanners: letter, number, white space or other, as the Rust
 * library's regular expressions see it. One byte per code point up to the last that has a class; made on first use.
 */
import { DIGITS_ONLY, LETTERS, NUMBERS, SPACES } from './character-classes.data.ts';
import { forEachRange } from './ranges.ts';

export const OTHER = 0;
export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
/** Code points from here on are OTHER. */
const TABLE_SIZE = 0x34000;

const tables: { plain?: Uint8Array; digits?: Uint8Array } = {};

/**
 * `characterClasses()[codePoint]`, OTHER beyond its end. With `digits`, what only the Digits pre-tokenizer takes for a
 * number (its Unicode version is newer) is one too. Shared: do not write.
 */
export function characterClasses(digits: boolean): Uint8Array {
  return digits ? (tables.digits ??= build(true)) : (tables.plain ??= build(false));
}

function build(digits: boolean): Uint8Array {
  const classes = new Uint8Array(TABLE_SIZE);
  fillRanges(classes, LETTERS, LETTER);
  fillRanges(classes, NUMBERS, NUMBER);
  fillRanges(classes, SPACES, SPACE);
  if (digits) fillRanges(classes, DIGITS_ONLY, NUMBER);
  return classes;
}

function fillRanges(classes: Uint8Array, packed: string, value: number): void {
  forEachRange(packed, (first, last) => classes.fill(value, first, last + 1));
}
