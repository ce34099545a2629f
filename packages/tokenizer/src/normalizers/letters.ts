/** Normalizations of single letters: case and accents. */
import { MARKS } from '../unicode/bert-classes.data.ts';
import { rangesPattern } from '../unicode/ranges.ts';

/** By character, without context, as Rust does it: a final Σ becomes σ, not ς. */
export function lowercase(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes('ς') ? lowerByCharacter(text) : lower;
}

function lowerByCharacter(text: string): string {
  let lower = '';
  for (const character of text) lower += character.toLowerCase();
  return lower;
}

/** Removes every mark; the text should be decomposed before. */
export function accentStripper(): (text: string) => string {
  const marks = rangesPattern(MARKS);
  return (text) => text.replace(marks, '');
}
