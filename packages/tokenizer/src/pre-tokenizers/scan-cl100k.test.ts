import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CL100K_SOURCE, GPT2_SOURCE, O200K_SOURCE } from '../tiktoken/encodings.ts';
import { knownScanner, LLAMA3_SOURCE, QWEN2_SOURCE } from './known-scanner.ts';
import { translatePattern } from './pattern.ts';
import { splitBy } from './split.ts';

/** Characters of every class, case and length in UTF-8, and those that the patterns name. */
const ATOMS = [
  ...' \t\n\r\u0085\u00a0\u3000\u2028',
  ...'aBz\u00e9\u00c9\u4e2d\u{20000}\u01c5\u02b0\u{10400}\u{10428}\u017f',
  ...'12\u0663\u00b2\u2167\u{1d7d8}\u3007',
  ...'.!-_/\u0301\u0903\u{1f600}\u200d\ufeff\u0000\u{e0101}\u{10ffff}',
  ..."'",
  ...[
    "'s",
    "'T",
    "'re",
    "'vE",
    "'M",
    "'LL",
    "'d",
    "'\u017f",
    '  ',
    ' a',
    ' A',
    ' 1',
    '\r\n',
    '\n  ',
  ],
];
const text = fc.array(fc.constantFrom(...ATOMS), { maxLength: 14 }).map((parts) => parts.join(''));

const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };
const preTokenizer = (source: string) => ({
  type: 'Sequence',
  pretokenizers: [
    { type: 'Split', pattern: { Regex: source }, behavior: 'Isolated', invert: false },
    BYTE_LEVEL,
  ],
});

function scanAll(source: string, input: string): string[] {
  const scanner = knownScanner(preTokenizer(source));
  if (scanner === undefined) throw new Error('no scanner');
  const bytes = new TextEncoder().encode(input);
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = scanner.scan(bytes, start, bytes.length);
    pieces.push(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(start, end)));
    start = end;
  }
  return pieces;
}

const PATTERNS = {
  gpt2: GPT2_SOURCE,
  cl100k: CL100K_SOURCE,
  llama3: LLAMA3_SOURCE,
  qwen2: QWEN2_SOURCE,
  o200k: O200K_SOURCE,
};

describe.each(Object.entries(PATTERNS))('the %s scanner', (_, source) => {
  it('splits any text as the regular expression does', () => {
    const pattern = translatePattern(source);
    fc.assert(
      fc.property(text, (input) => {
        expect(scanAll(source, input)).toEqual(splitBy(input, pattern, 'Isolated'));
      }),
      { numRuns: 2000 },
    );
  });
});

it('tell their differences', () => {
  const input = "HelloWorld's 12345 a/\n/b\n  ";
  expect(scanAll(LLAMA3_SOURCE, input)).toEqual([
    ...['HelloWorld', "'s", ' ', '123', '45', ' a', '/\n', '/b', '\n', '  '],
  ]);
  expect(scanAll(QWEN2_SOURCE, input)).toEqual([
    ...['HelloWorld', "'s", ' ', '1', '2', '3', '4', '5', ' a', '/\n', '/b', '\n', '  '],
  ]);
  expect(scanAll(CL100K_SOURCE, input).slice(-2)).toEqual(['/b', '\n  ']);
  expect(scanAll(O200K_SOURCE, input)).toEqual([
    ...['Hello', "World's", ' ', '123', '45', ' a', '/\n/', 'b', '\n', '  '],
  ]);
});

it('other patterns have none', () => {
  expect(knownScanner(preTokenizer('\\p{L}+'))).toBeUndefined();
  const merged = preTokenizer(LLAMA3_SOURCE);
  Object.assign(merged.pretokenizers[0] as object, { behavior: 'Removed' });
  expect(knownScanner(merged)).toBeUndefined();
});
