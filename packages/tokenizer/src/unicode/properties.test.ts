import { describe, expect, it } from 'vitest';
import { propertyClass } from './properties.ts';

/** Assigned long ago, and the same in every version of Unicode but for U+0295, which 17 made a letter without case. */
const OLD = Array.from({ length: 0x500 }, (_, i) => String.fromCodePoint(i)).filter(
  (character) => character !== '\u0295',
);
const NAMES = ['L', 'N', 'M', 'P', 'S', 'Lu', 'Ll', 'Lt', 'Lm', 'Lo', 'Nd'];

describe.each(NAMES)('%s', (name) => {
  const matches = (body: string): string[] =>
    OLD.filter((character) => new RegExp(`^[${body}]$`, 'u').test(character));

  it("has JavaScript's characters", () => {
    expect(matches(propertyClass(name) ?? '')).toEqual(matches(`\\p{${name}}`));
  });

  it('has the others when negated', () => {
    expect(matches(propertyClass(name, true) ?? '')).toEqual(matches(`\\P{${name}}`));
  });
});

it('follows the Unicode version of the Rust library', () => {
  // U+32643 became a letter with Unicode 17; tokenizers 0.23 has 16.
  const isLetter = new RegExp(`[${propertyClass('L')}]`, 'u');
  expect(isLetter.test('\u{32643}')).toBe(false);
  expect(isLetter.test('\u{31350}')).toBe(true);
});

it('leaves scripts and others to JavaScript', () => {
  expect(propertyClass('Script=Greek')).toBeUndefined();
});
