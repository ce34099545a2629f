/** BERT stretch by stretch on bytes, against normalizing, splitting and WordPiece of the whole text. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../index.ts';

const WORDS = [
  'un',
  'able',
  'é',
  'e',
  'a',
  '中',
  '國',
  '.',
  "'",
  '-',
  '١',
  'ß',
  'σ',
  'ί',
  'ι',
  '각',
  'ᄀ',
];
const TAILS = [
  '##able',
  '##a',
  '##e',
  '##\u0301',
  '##中',
  '##ᅡ',
  '##ᆨ',
  '##\u0308',
  '##\u0345',
  '##ι',
];
const vocab = Object.fromEntries(['[UNK]', ...WORDS, ...TAILS].map((token, id) => [token, id]));
const model = { type: 'WordPiece', vocab, unk_token: '[UNK]' };
const bert = { type: 'BertPreTokenizer' };
/** A Split that never matches: with it the general path is taken. */
const nothing = {
  type: 'Split',
  pattern: { String: '\u{10fffe}\u{10fffd}\u{10fffe}' },
  behavior: 'Isolated',
  invert: false,
};

const text = fc
  .array(
    fc.constantFrom(
      ...WORDS,
      ...'Unable \t\r\n',
      '\u0301',
      '\u0000',
      '\u0085',
      '\u00a0',
      '\u3000',
      '\u200d',
      '，',
      '『',
      '\uF900',
      '𠀀',
      'ΐ',
      'ᾂ',
      'Σ',
      'İ',
      'ǰ',
      '\ud800',
      '‐',
      '\u0345',
      'x'.repeat(101),
      '\ufeff',
      '\u00ad',
      '﷐',
      '㐀',
      '䷀',
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

describe('BERT by stretches', () => {
  for (const lowercase of [true, false]) {
    for (const handleChinese of [true, false]) {
      it(`gives the ids of the general path: lowercase ${lowercase}, ideographs apart ${handleChinese}`, () => {
        const normalizer = {
          type: 'BertNormalizer',
          clean_text: true,
          handle_chinese_chars: handleChinese,
          strip_accents: null,
          lowercase,
        };
        const fast = Tokenizer.fromJSON({ model, normalizer, pre_tokenizer: bert });
        const pretokenizers = [nothing, bert];
        const general = Tokenizer.fromJSON({
          model,
          normalizer,
          pre_tokenizer: { type: 'Sequence', pretokenizers },
        });
        fc.assert(
          fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (sample) => {
            const expected = general.encode(sample);
            for (let i = 0; i < 3; i++) expect(fast.encode(sample)).toEqual(expected);
          }),
          { numRuns: 3000, seed: 19 },
        );
      });
    }
  }
});
