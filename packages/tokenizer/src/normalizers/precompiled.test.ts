/** The fast way through SentencePiece's rules, character by character, against rewriting grapheme by grapheme. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_RULE, Precompiled } from './precompiled.ts';

const url = new URL('../../fixtures/families/t5.json', import.meta.url);
const charsmap = /"precompiled_charsmap": ?"([^"]+)"/.exec(readFileSync(url, 'utf8'))?.[1] ?? '';

/** Letters and what joins with them, of many scripts; forms that the rules replace; controls, surrogates, emoji. */
const PARTS = [
  ...'aZ9 ,\t\n\r\u0000\u00a0\u00adéſ',
  'e\u0301',
  '\u0301',
  '\u0300\u0301',
  'か\u3099',
  'か',
  'ｶﾞ',
  'ﾞ',
  '中',
  '国，',
  '。',
  '！',
  'Ａ',
  '①',
  '㍿',
  'ﬁ',
  '½',
  '한',
  '\u1112\u1161\u11ab',
  '\u0600',
  '\u0e33',
  'क्षि',
  'ا',
  'ش',
  '\u200d',
  '\u200b',
  '\ufeff',
  '👨‍👩‍👧',
  '🇩🇪',
  '👍🏽',
  '\ud800',
  '\udc00',
  '\ufb1d',
  '\u2126',
  'İ',
  'ǆ',
  '\u3000',
  '…',
  '\u2028',
  'Ω\u0345',
  '\u0958',
  '𝔸',
  '𠀀',
  ...'©®¼\u0007\u0085‘…‼אب\u061cกἀ→⌚\ue000豈\u2044₂㐀䷀\ufffd',
];
const text = fc.array(fc.constantFrom(...PARTS), { maxLength: 20 }).map((parts) => parts.join(''));
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

describe('characters that are taken for graphemes', () => {
  it('are graphemes, whatever stands beside them', () => {
    const rules = Precompiled.fromJSON({ precompiled_charsmap: charsmap }, 'rules');
    const plain: string[] = [];
    for (let point = 0; point < 0x20000; point++) {
      const character = String.fromCodePoint(point);
      if (rules.isPlain(character)) plain.push(character);
    }
    expect(plain.length).toBeGreaterThan(40_000);
    const orders = [plain, [...plain].reverse(), plain.flatMap((part) => [part, part])];
    for (const order of orders) {
      for (let i = 0; i < order.length; i += 200) {
        // Each part begins with the last of the one before.
        const part = order.slice(Math.max(0, i - 1), i + 200);
        expect([...graphemes.segment(part.join(''))].length, part.join('')).toBe(part.length);
      }
    }
  });
});

describe('Precompiled', () => {
  for (const takesLongest of [false, true]) {
    it(`normalizes as it rewrites${takesLongest ? ', longest rule' : ''}`, () => {
      const json = { precompiled_charsmap: charsmap, [LONGEST_RULE]: takesLongest };
      const rules = Precompiled.fromJSON(json, 'test');
      fc.assert(
        fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (sample) => {
          const whole = sample.replace(/\p{Surrogate}/gu, '\uFFFD');
          const rewritten = [...rules.rewrites(whole)].map(({ from, to }) => to ?? from);
          expect(rules.normalize(whole)).toBe(rewritten.join(''));
        }),
        { numRuns: 5000, seed: 13 },
      );
    });
  }

  it('takes graphemes for what they are, whatever stands beside them', () => {
    const rules = Precompiled.fromJSON({ precompiled_charsmap: charsmap }, 'test');
    fc.assert(
      fc.property(text, (sample) => {
        const whole = sample.replace(/\p{Surrogate}/gu, '\uFFFD');
        const alone = [...graphemes.segment(whole)].map(({ segment }) => rules.normalize(segment));
        expect(rules.normalize(whole)).toBe(alone.join(''));
      }),
      { numRuns: 5000, seed: 17 },
    );
  });

  it('takes none apart in a long text, of which the segmenter sees windows', () => {
    const rules = Precompiled.fromJSON({ precompiled_charsmap: charsmap }, 'test');
    fc.assert(
      fc.property(fc.array(text, { minLength: 20, maxLength: 60 }), (samples) => {
        // Marks, of which none is a grapheme by itself, leave no other place to cut.
        const whole = samples.join('\u0301\u1161').replace(/\p{Surrogate}/gu, '\uFFFD');
        const alone = [...graphemes.segment(whole)].map(({ segment }) => rules.normalize(segment));
        expect(rules.normalize(whole)).toBe(alone.join(''));
      }),
      { numRuns: 100, seed: 23 },
    );
    expect(rules.normalize('\u0301'.repeat(1000))).toBe('\u0301'.repeat(1000));
  });
});
