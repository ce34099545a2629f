import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digits } from './by-class.ts';
import { gpt2Pattern } from './byte-level.ts';
import { gpt2Scanner } from './scan-gpt2.ts';
import { piecesOf, splitBy } from './split.ts';

const PATTERN = gpt2Pattern();

/** Characters of every class and every length in UTF-8, and those that the pattern names. */
const ATOMS = [
  ...' \t\n\r\u0085\u00a0\u3000\u2028',
  ...'ab\u00e9\u4e2d\u{20000}\u01c5',
  ...'12\u0663\u00b2\u2167\u{1d7d8}\u3007',
  ...'.!-_\u0301\u{1f600}\u200d\ufeff\u0000\u{e0001}\u{10ffff}',
  ..."'",
  "'s",
  "'t",
  "'re",
  "'ve",
  "'m",
  "'ll",
  "'d",
  "'S",
  '  ',
  ' a',
  ' 1',
];
const text = fc.array(fc.constantFrom(...ATOMS), { maxLength: 14 }).map((parts) => parts.join(''));

const scanners = { plain: gpt2Scanner(false), digits: gpt2Scanner(true) };
const splitDigits = digits(true);

function scanAll(kind: 'plain' | 'digits', input: string): string[] {
  const bytes = new TextEncoder().encode(input);
  const scan = scanners[kind];
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = scan(bytes, start, bytes.length);
    pieces.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, end)));
    start = end;
  }
  return pieces;
}

describe('the GPT-2 scanner', () => {
  it("splits as the pattern's examples do", () => {
    expect(scanAll('plain', "I'll  pay 25.5\n\n ok")).toEqual([
      'I',
      "'ll",
      ' ',
      ' pay',
      ' 25',
      '.',
      '5',
      '\n\n',
      ' ok',
    ]);
  });

  it('splits any text as the regular expression does', () => {
    fc.assert(
      fc.property(text, (input) => {
        expect(scanAll('plain', input)).toEqual(splitBy(input, PATTERN, 'Isolated'));
      }),
      { numRuns: 1500 },
    );
  });

  it('with single digits, splits as Digits and then the regular expression do', () => {
    fc.assert(
      fc.property(text, (input) => {
        const expected = piecesOf(input, splitDigits).flatMap((piece) =>
          splitBy(piece, PATTERN, 'Isolated'),
        );
        expect(scanAll('digits', input)).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
  });
});
