/**
 * GPT-2's splitting pattern (`GPT2_PATTERN` in byte-level.ts) as a scanner over UTF-8 bytes: no substring, no match
 * object, one table look-up per character. With `splitDigits` every numeric character is a piece of its own and ends
 * the stretch before it, which is SmolLM's Digits(individual) followed by GPT-2's pattern.
 *
 * The bytes must be valid UTF-8. Fuzzed against the regular expression in scan-gpt2.test.ts.
 */
import { characterClasses, NUMBER, SPACE } from '../unicode/character-classes.ts';
import { CLASS_MASK, classReader, LENGTH_SHIFT } from './scan-class.ts';

/** Returns the end of the piece that begins at `start`; `end` is the end of the text. */
export type ScanPiece = (bytes: Uint8Array, start: number, end: number) => number;

const APOSTROPHE = 0x27;
const BLANK = 0x20;

export function gpt2Scanner(splitDigits: boolean): ScanPiece {
  const { classify, skip } = classReader(characterClasses(splitDigits));

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
    return splitDigits && runClass === NUMBER ? i : skip(bytes, i, end, 1 << runClass);
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
