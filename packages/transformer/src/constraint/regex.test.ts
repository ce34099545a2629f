import { describe, expect, it } from 'vitest';
import { compileConstraint } from './constraint.ts';
import { randomText, VOCABULARY } from './random-text.ts';
import type { TokenConstraint } from './token-constraint.ts';

const PATTERNS = [
  'abc|abd?|',
  '\\d{3}-\\d{2,4}',
  '[a-cx-z]+[^0-9"]{0,3}!',
  '(yes|no|may(be)?)(, (yes|no))*',
  '.*',
  '\\p{Lu}\\p{Ll}+ \\P{L}',
  '[\\u{1F600}-\\u{1F64F}é日]{2}',
  '(?<year>\\d{4})(?:-\\d\\d)?',
  '^(a|(b|c)+?)*$',
  '\\w+@\\w+\\.(com|org)',
  'x{0}y{2,}z*',
  '[\\s\\S]{1,5}\\x41\\u0042\\/[\\-]',
];

/** Whether the whole of `text` may be written, byte by byte. */
function accepts(constraint: TokenConstraint, text: string): boolean {
  try {
    return constraint.isAccepting(constraint.stateAfter([...new TextEncoder().encode(text)]));
  } catch {
    return false;
  }
}

describe('a regular expression', () => {
  it.each(PATTERNS)('%s: every random text matches', (pattern) => {
    const constraint = compileConstraint({ regex: pattern }, VOCABULARY);
    const whole = new RegExp(`^(?:${pattern})$`, 'u');
    const texts = Array.from({ length: 80 }, (_, seed) => randomText(constraint, seed, 24));
    for (const text of texts) expect(text).toMatch(whole);
    if (pattern !== 'abc|abd?|') expect(new Set(texts).size).toBeGreaterThan(4);
  });

  it.each(PATTERNS)('%s: takes exactly the texts that JavaScript matches', (pattern) => {
    const samples = [
      ...[
        '',
        'a',
        'ab',
        'abc',
        'abd',
        'abdd',
        '123-45',
        '123-45678',
        'xa!',
        'x"!',
        'yes',
        'maybe, no',
      ],
      ...[
        'no, maybe',
        'Éa 1',
        'Ab c',
        'Ab 7',
        '😀é',
        '日日',
        '日',
        '2024-05',
        '2024',
        'bcca',
        'bd',
      ],
      ...['a_1@b.com', 'a@b.net', 'yy', 'y', 'yyyzz', 'qAB/-', '\nAB/-', 'line\nline', '\u2028'],
    ];
    const whole = new RegExp(`^(?:${pattern})$`, 'u');
    const constraint = compileConstraint({ regex: pattern }, VOCABULARY);
    for (const text of samples) expect(accepts(constraint, text), text).toBe(whole.test(text));
  });

  it('knows JavaScript’s white space', () => {
    const constraint = compileConstraint({ regex: '\\s' }, VOCABULARY);
    for (let point = 0; point < 0x3100; point++) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const letter = String.fromCodePoint(point);
      expect(accepts(constraint, letter), point.toString(16)).toBe(/\s/u.test(letter));
    }
  });

  it.each([
    ['a(b', 'regex: character 4: expected a closing ), got the end'],
    ['a(?=b)', 'expected a group without look-ahead'],
    ['(a)\\1', 'expected no back reference'],
    ['a\\b', 'expected no back reference or word border'],
    ['a$b', 'expected $ at an end only'],
    ['(^a)', 'expected ^ at an end only'],
    ['[z-a]', 'expected a rising range'],
    ['a{3,2}', 'its numbers rising'],
    ['*a', 'expected something to repeat'],
    ['\\p{Nope}', 'expected a Unicode property'],
    ['[^\\s\\S]', 'got none. Check for a rule without an end'],
  ])('%s is refused', (pattern, message) => {
    expect(() => compileConstraint({ regex: pattern }, VOCABULARY)).toThrow(message);
  });
});
