/**
 * GPT-2's splitting pattern (`GPT2_PATTERN` in byte-level.ts) as a scanner over UTF-8 bytes: no substring, no match
 * object, one table look-up per character. With `splitDigits` every numeric character is a piece of its own and ends
 * the stretch before it, which is SmolLM's Digits(individual) followed by GPT-2's pattern.
 *
 * The bytes must be valid UTF-8. Fuzzed against the regular expression in scan-gpt2.test.ts.
 */
import { characterClasses, NUMBER, OTHER, SPACE } from '../unicode/character-classes.ts';

/** Returns the end of the piece that begins at `start`; `end` is the end of the text. */
export type ScanPiece = (bytes: Uint8Array, start: number, end: number) => number;

/** Low 3 bits of a classified character: its class; the rest: its length in bytes. */
const CLASS_MASK = 7;
const LENGTH_SHIFT = 3;

const APOSTROPHE = 0x27;
const BLANK = 0x20;

export function gpt2Scanner(splitDigits: boolean): ScanPiece {
  const classes = characterClasses(splitDigits);
  const asciiClasses = classes.slice(0, 128);

  /** Class and byte length of the character at `i`. */
  function classify(bytes: Uint8Array, i: number): number {
    const first = bytes[i] as number;
    if (first < 0x80) return (asciiClasses[first] as number) | (1 << LENGTH_SHIFT);
    const second = (bytes[i + 1] as number) & 0x3f;
    if (first < 0xe0) {
      return (classes[((first & 0x1f) << 6) | second] as number) | (2 << LENGTH_SHIFT);
    }
    const third = (bytes[i + 2] as number) & 0x3f;
    if (first < 0xf0) {
      const codePoint = ((first & 0x0f) << 12) | (second << 6) | third;
      return (classes[codePoint] as number) | (3 << LENGTH_SHIFT);
    }
    const fourth = (bytes[i + 3] as number) & 0x3f;
    const codePoint = ((first & 0x07) << 18) | (second << 12) | (third << 6) | fourth;
    return (classes[codePoint] ?? OTHER) | (4 << LENGTH_SHIFT);
  }

  /** End of the run of characters of one class that goes on at `i`. */
  function skipRun(bytes: Uint8Array, i: number, end: number, runClass: number): number {
    while (i < end) {
      const first = bytes[i] as number;
      if (first < 0x80) {
        if (asciiClasses[first] !== runClass) return i;
        i++;
      } else {
        const classified = classify(bytes, i);
        if ((classified & CLASS_MASK) !== runClass) return i;
        i += classified >> LENGTH_SHIFT;
      }
    }
    return i;
  }

  /** White space goes to its end, but leaves its last character to what follows: `\s+(?!\S)|\s+`. */
  function skipSpace(bytes: Uint8Array, start: number, end: number): number {
    let last = start;
    let i = start;
    let classified = SPACE;
    while (i < end) {
      classified = classify(bytes, i);
      if ((classified & CLASS_MASK) !== SPACE) break;
      last = i;
      i += classified >> LENGTH_SHIFT;
    }
    // At the end of the stretch (the text's, or a digit that stands alone) nothing follows.
    if (i === end || (splitDigits && (classified & CLASS_MASK) === NUMBER)) return i;
    return last > start ? last : i;
  }

  return (bytes, start, end) => {
    const first = bytes[start] as number;
    if (first === APOSTROPHE) {
      const contraction = contractionEnd(bytes, start, end);
      if (contraction > 0) return contraction;
    }
    let i = start;
    let classified = classify(bytes, i);
    if (first === BLANK && start + 1 < end) {
      // ` ?X+`: a blank joins the run after it, unless that is more white space or a digit that stands alone.
      const next = classify(bytes, start + 1);
      const nextClass = next & CLASS_MASK;
      if (nextClass !== SPACE && !(splitDigits && nextClass === NUMBER)) {
        i = start + 1;
        classified = next;
      }
    }
    const runClass = classified & CLASS_MASK;
    if (runClass === SPACE) return skipSpace(bytes, start, end);
    i += classified >> LENGTH_SHIFT;
    return splitDigits && runClass === NUMBER ? i : skipRun(bytes, i, end, runClass);
  };
}

/** End of 's, 't, 're, 've, 'm, 'll or 'd at `i`, or 0. */
function contractionEnd(bytes: Uint8Array, i: number, end: number): number {
  if (i + 1 >= end) return 0;
  const second = bytes[i + 1];
  if (second === 0x73 || second === 0x74 || second === 0x6d || second === 0x64) return i + 2;
  if (i + 2 >= end) return 0;
  const third = bytes[i + 2];
  if ((second === 0x72 || second === 0x76) && third === 0x65) return i + 3;
  return second === 0x6c && third === 0x6c ? i + 3 : 0;
}
