/**
 * The class of every code point for the hand-written scanners: letter, number, white space or other, as the Rust
 * library's regular expressions see it. One byte per code point up to the last that has a class; made on first use.
 */
import { DIGITS_ONLY, LETTERS, NUMBERS, SPACES } from './character-classes.data.ts';

export const OTHER = 0;
export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
/** Numeric for the Digits pre-tokenizer only (its Unicode version is newer). */
export const DIGITS_ONLY_NUMBER = 4;

/** Code points from here on are OTHER. */
const TABLE_SIZE = 0x34000;

let table: Uint8Array | undefined;

/** `characterClasses()[codePoint]`, OTHER beyond its end. Shared: do not write. */
export function characterClasses(): Uint8Array {
  if (table === undefined) {
    table = new Uint8Array(TABLE_SIZE);
    fillRanges(table, LETTERS, LETTER);
    fillRanges(table, NUMBERS, NUMBER);
    fillRanges(table, SPACES, SPACE);
    fillRanges(table, DIGITS_ONLY, DIGITS_ONLY_NUMBER);
  }
  return table;
}

function fillRanges(classes: Uint8Array, packed: string, value: number): void {
  const numbers = packed.split(' ');
  let end = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const start = end + Number.parseInt(numbers[i] as string, 36);
    end = start + Number.parseInt(numbers[i + 1] as string, 36);
    classes.fill(value, start, end);
  }
}
