/** Sets of code points as packed text: for each range its gap to the range before and its length, base 36. */

/** Calls `visit` with the first and the last code point of each range. */
export function forEachRange(packed: string, visit: (first: number, last: number) => void): void {
  const numbers = packed.split(' ');
  let end = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const start = end + Number.parseInt(numbers[i] as string, 36);
    end = start + Number.parseInt(numbers[i + 1] as string, 36);
    visit(start, end - 1);
  }
}

/** A global regular expression for one character of the set. */
export function rangesPattern(packed: string): RegExp {
  let body = '';
  forEachRange(packed, (first, last) => {
    body += `\\u{${first.toString(16)}}-\\u{${last.toString(16)}}`;
  });
  return new RegExp(`[${body}]`, 'gu');
}
