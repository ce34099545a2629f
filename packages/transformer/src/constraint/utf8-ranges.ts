// A range of code points as sequences of byte ranges: what UTF-8 makes of it.
import type { CodePointRange } from './expression.ts';

/** Inclusive bytes. */
export type ByteRange = readonly [from: number, to: number];

/** The last code point of each length in bytes. */
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff, 0x10ffff];
const SURROGATES: CodePointRange = [0xd800, 0xdfff];

/** Each item is one to four byte ranges; a text of the range's characters matches exactly one of them. */
export function utf8Ranges([from, to]: CodePointRange): ByteRange[][] {
  if (from > to) return [];
  const [first, last] = SURROGATES;
  if (from <= last && to >= first) {
    return [...utf8Ranges([from, first - 1]), ...utf8Ranges([last + 1, to])];
  }
  const border = LAST_OF_LENGTH.find((end) => from <= end && end < to);
  if (border !== undefined) return [...utf8Ranges([from, border]), ...utf8Ranges([border + 1, to])];
  return sameLength(from, to);
}

/** Splits until all bytes after the first different one are free. */
function sameLength(from: number, to: number): ByteRange[][] {
  const length = LAST_OF_LENGTH.findIndex((end) => to <= end) + 1;
  for (let i = 1; i < length; i++) {
    const block = 2 ** (6 * i); // code points that share all but the last i bytes
    if (Math.floor(from / block) === Math.floor(to / block)) continue;
    if (from % block !== 0) {
      const end = Math.floor(from / block) * block + block - 1;
      return [...sameLength(from, end), ...sameLength(end + 1, to)];
    }
    if (to % block !== block - 1) {
      const start = Math.floor(to / block) * block;
      return [...sameLength(from, start - 1), ...sameLength(start, to)];
    }
  }
  const [low, high] = [encode(from, length), encode(to, length)];
  return [low.map((byte, i): ByteRange => [byte, high[i]!])];
}

const LEADS = [0, 0xc0, 0xe0, 0xf0]; // the first byte's mark for each length

function encode(codePoint: number, length: number): number[] {
  const bytes: number[] = [];
  let rest = codePoint;
  for (let i = 1; i < length; i++) {
    bytes.unshift(0x80 | (rest & 0x3f));
    rest >>= 6;
  }
  return [LEADS[length - 1]! | rest, ...bytes];
}
