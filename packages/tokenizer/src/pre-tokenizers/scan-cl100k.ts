/**
 * The splitting patterns of cl100k, Llama 3, Qwen 2 and o200k as scanners over UTF-8 bytes. They differ in how many
 * digits stay together, in the end of the text, and (o200k) in words that also end where the case goes up.
 * Fuzzed against the regular expressions in scan-cl100k.test.ts.
 */
import { caseClasses, LOWER, MARK, UPPER } from '../unicode/case-classes.ts';
import { characterClasses, LETTER, NUMBER, OTHER, SPACE } from '../unicode/character-classes.ts';
import type { ClassReader } from './scan-class.ts';
import { CLASS_MASK, classReader, contractionEnd, isNewline, LENGTH_SHIFT } from './scan-class.ts';
import type { ScanPiece } from './scan-gpt2.ts';

export interface WordScanOptions {
  /** Digits in one piece at most. */
  readonly maxDigits: 1 | 3;
  /** White space at the end of the text is one piece, even with newlines inside: `\s++$` in tiktoken's cl100k. */
  readonly wholeEnd?: boolean;
  /** o200k's words, and its slashes after punctuation. */
  readonly byCase?: boolean;
}

const BLANK = 0x20;
const SLASH = 0x2f;
const bit = (kind: number): number => 1 << kind;
/** Lo and Lm, which are both cases, keep the class LETTER. */
const UPPER_SET = bit(UPPER) | bit(LETTER) | bit(MARK);
const LOWER_SET = bit(LOWER) | bit(LETTER) | bit(MARK);

export function wordScanner({
  maxDigits,
  wholeEnd = false,
  byCase = false,
}: WordScanOptions): ScanPiece {
  const reader = classReader(byCase ? caseClasses() : characterClasses(false));
  const { classify, skip } = reader;
  const others = byCase ? bit(OTHER) | bit(MARK) : bit(OTHER);
  const wordAt = byCase ? caseWords(reader) : plainWords(reader);

  function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
    let i = start;
    for (let left = maxDigits as number; left > 0 && i < end; left--) {
      const classified = classify(bytes, i);
      if ((classified & CLASS_MASK) !== NUMBER) break;
      i += classified >> LENGTH_SHIFT;
    }
    return i;
  }

  /** ` ?[^\s\p{L}\p{N}]+[\r\n]*`, or `start` where that does not match. */
  function othersEnd(bytes: Uint8Array, start: number, end: number): number {
    const from = bytes[start] === BLANK ? start + 1 : start;
    let i = skip(bytes, from, end, others);
    if (i === from) return start;
    while (i < end && (isNewline(bytes[i] as number) || (byCase && bytes[i] === SLASH))) i++;
    return i;
  }

  /** `\s*[\r\n]+|\s+(?!\S)|\s+` */
  function spaceEnd(bytes: Uint8Array, start: number, end: number): number {
    let last = start;
    let afterNewline = 0;
    let i = start;
    while (i < end) {
      const classified = classify(bytes, i);
      if ((classified & CLASS_MASK) !== SPACE) break;
      last = i;
      i += classified >> LENGTH_SHIFT;
      if (isNewline(bytes[last] as number)) afterNewline = i;
    }
    if (i === end && wholeEnd) return i;
    if (afterNewline > 0) return afterNewline;
    return i === end || last === start ? i : last;
  }

  return (bytes, start, end) => {
    const first = bytes[start] as number;
    if (first === 0x27 && !byCase) {
      const contraction = contractionEnd(bytes, start, end);
      if (contraction > 0) return contraction;
    }
    const word = wordAt(bytes, start, end);
    if (word > start) return word;
    const kind = classify(bytes, start) & CLASS_MASK;
    if (kind === NUMBER) return digitsEnd(bytes, start, end);
    const punctuation = othersEnd(bytes, start, end);
    return punctuation > start ? punctuation : spaceEnd(bytes, start, end);
  };
}

/** `[^\r\n\p{L}\p{N}]?\p{L}+`: its end, or `start` where it does not match. */
function plainWords({ classify, skip }: ClassReader): ScanPiece {
  return (bytes, start, end) => {
    const classified = classify(bytes, start);
    const kind = classified & CLASS_MASK;
    if (kind === NUMBER || isNewline(bytes[start] as number)) return start;
    const from = kind === LETTER ? start : start + (classified >> LENGTH_SHIFT);
    const stop = skip(bytes, from, end, bit(LETTER));
    return stop > from ? stop : start;
  };
}

/**
 * o200k's two kinds of word, each with any one character before that is no letter, digit or newline, and a contraction
 * behind: capitals and then small letters, at least one; or capitals, at least one, and then small letters.
 */
function caseWords(reader: ClassReader): ScanPiece {
  const { classify, skip } = reader;

  /** `UPPER*LOWER+`: where the small letters begin is the last place that leaves one of them. */
  function lowEnd(bytes: Uint8Array, from: number, end: number): number {
    const capitals = skip(bytes, from, end, UPPER_SET);
    const stop = skip(bytes, capitals, end, LOWER_SET);
    if (stop > capitals) return stop;
    let last = from;
    for (let i = from; i < capitals;) {
      const classified = classify(bytes, i);
      i += classified >> LENGTH_SHIFT;
      if ((classified & CLASS_MASK) !== UPPER) last = i;
    }
    return last;
  }

  /** `UPPER+LOWER*` */
  function highEnd(bytes: Uint8Array, from: number, end: number): number {
    const capitals = skip(bytes, from, end, UPPER_SET);
    return capitals === from ? from : skip(bytes, capitals, end, LOWER_SET);
  }

  return (bytes, start, end) => {
    const classified = classify(bytes, start);
    const kind = classified & CLASS_MASK;
    if (kind === NUMBER || isNewline(bytes[start] as number)) return start;
    const isLetter = kind === LETTER || kind === UPPER || kind === LOWER;
    // A mark may stand before a word or begin one; what stands before comes first.
    const after = isLetter ? start : start + (classified >> LENGTH_SHIFT);
    let stop = lowEnd(bytes, after, end);
    if (stop > after) return contractionEnd(bytes, stop, end) || stop;
    if (kind === MARK) stop = lowEnd(bytes, start, end);
    if (kind === MARK && stop > start) return contractionEnd(bytes, stop, end) || stop;
    stop = highEnd(bytes, after, end);
    if (stop > after) return contractionEnd(bytes, stop, end) || stop;
    if (kind === MARK) stop = highEnd(bytes, start, end);
    return kind === MARK && stop > start ? contractionEnd(bytes, stop, end) || stop : start;
  };
}
