/**
 * Unicode properties as the Rust library sees them, for regular expressions: JavaScript's own may be of another Unicode
 * version, in which code points have classes that they do not have there. Written out as the inside of a class.
 */
import { COMBINING_MARKS, LOWERS, UPPERS } from './case-classes.data.ts';
import { DIGITS_ONLY, LETTERS, NUMBERS } from './character-classes.data.ts';
import {
  DECIMALS,
  MODIFIERS,
  PUNCTUATION_MARKS,
  SYMBOLS,
  TITLECASE,
  WORDS,
} from './property-classes.data.ts';
import { forEachRange } from './ranges.ts';

/** Ranges of code points in rising order, each with its end. */
type Ranges = readonly (readonly [first: number, end: number])[];

const LAST = 0x110000;
const cache = new Map<string, string>();

/**
 * The inside of a class that holds what `\p{name}` does, or with `isNegated` does not; undefined: not one of ours.
 * Word is `\w`; Numeric is what the Digits pre-tokenizer takes for a number, whose Unicode version is another.
 */
export function propertyClass(name: string, isNegated = false): string | undefined {
  const key = isNegated ? `^${name}` : name;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const ranges = rangesOf(name);
  if (ranges === undefined) return undefined;
  const text = classText(isNegated ? without([[0, LAST]], ranges) : ranges);
  cache.set(key, text);
  return text;
}

function rangesOf(name: string): Ranges | undefined {
  switch (name) {
    case 'L':
    case 'Letter':
      return unpack(LETTERS);
    case 'N':
    case 'Number':
      return unpack(NUMBERS);
    case 'M':
    case 'Mark':
      return unpack(COMBINING_MARKS);
    case 'P':
    case 'Punctuation':
      return unpack(PUNCTUATION_MARKS);
    case 'S':
    case 'Symbol':
      return unpack(SYMBOLS);
    case 'Lt':
      return unpack(TITLECASE);
    case 'Lm':
      return unpack(MODIFIERS);
    case 'Ll':
      return unpack(LOWERS);
    case 'Lu':
      return without(unpack(UPPERS), unpack(TITLECASE));
    case 'Lo':
      return [UPPERS, LOWERS, MODIFIERS].reduce<Ranges>(
        (left, taken) => without(left, unpack(taken)),
        unpack(LETTERS),
      );
    case 'Nd':
      return unpack(DECIMALS);
    case 'Numeric':
      return [...unpack(NUMBERS), ...unpack(DIGITS_ONLY)];
    case 'Word':
      return unpack(WORDS);
    default:
      return undefined;
  }
}

function unpack(packed: string): Ranges {
  const ranges: [number, number][] = [];
  forEachRange(packed, (first, last) => ranges.push([first, last + 1]));
  return ranges;
}

/** What is in `all` and not in `taken`. */
function without(all: Ranges, taken: Ranges): Ranges {
  const left: [number, number][] = [];
  let next = 0;
  for (const [first, end] of all) {
    let from = first;
    while (next > 0 && (taken[next - 1]?.[1] as number) > from) next--;
    for (; next < taken.length && (taken[next]?.[0] as number) < end; next++) {
      const [start, stop] = taken[next] as readonly [number, number];
      if (start > from) left.push([from, start]);
      from = Math.max(from, stop);
    }
    if (from < end) left.push([from, end]);
  }
  return left;
}

function classText(ranges: Ranges): string {
  const code = (point: number): string => `\\u{${point.toString(16)}}`;
  return ranges
    .map(([first, end]) => (end - first === 1 ? code(first) : `${code(first)}-${code(end - 1)}`))
    .join('');
}
