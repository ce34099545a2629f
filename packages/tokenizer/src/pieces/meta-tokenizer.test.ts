/** SentencePiece's models word by word on bytes, against the general path on strings. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../index.ts';
import { LONGEST_RULE } from '../normalizers/precompiled.ts';
import { EDGE_BLANKS } from '../sentencepiece/definition.ts';

const WORDS = [
  '▁',
  '▁▁',
  '▁a',
  '▁an',
  'an',
  'na',
  'ana',
  '▁banana',
  'ban',
  '中国',
  '中',
  '国',
  '▁中',
  'ñ',
  '😀',
];
const LETTERS = ['a', 'b', 'n', 'x'];
const BYTES = Array.from(
  { length: 256 },
  (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`,
);
/** A Split that never matches: with it the general path is taken. */
const nothing = {
  type: 'Split',
  pattern: { String: '\u{10fffe}\u{10fffd}\u{10fffe}' },
  behavior: 'Isolated',
  invert: false,
};
const metaspace = (split: boolean, scheme = 'always'): object => ({
  type: 'Metaspace',
  replacement: '▁',
  prepend_scheme: scheme,
  split,
});
const fixture = new URL('../../fixtures/families/t5.json', import.meta.url);
const [, charsmap = ''] =
  /"precompiled_charsmap": ?"([^"]+)"/.exec(readFileSync(fixture, 'utf8')) ?? [];
const rules = { type: 'Precompiled', precompiled_charsmap: charsmap };
const edges = { type: 'Replace', pattern: { Regex: EDGE_BLANKS }, content: '' };
const runs = { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' };
const normalizers = (...steps: object[]): object => ({ type: 'Sequence', normalizers: steps });
const replace = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
const llama = { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, replace] };

/** Every way to make a token from two others, as converters of scores write it. */
function bpe(words: readonly string[], options: object): object {
  const tokens = [
    ...new Set(['<unk>', '▁', ...LETTERS, ...words.flatMap((word) => [...word]), ...words]),
  ];
  const vocab = [...('byte_fallback' in options ? BYTES : []), ...tokens];
  const merges = tokens.flatMap((token) => {
    const units = [...token];
    return units.slice(1).flatMap((_, i) => {
      const pair = [units.slice(0, i + 1).join(''), units.slice(i + 1).join('')];
      return pair.every((part) => tokens.includes(part)) ? [pair] : [];
    });
  });
  const ids = Object.fromEntries(vocab.map((token, id) => [token, id]));
  return { type: 'BPE', vocab: ids, merges, unk_token: '<unk>', ...options };
}

function unigram(options: object): object {
  const pieces = ['<unk>', ...LETTERS, ...WORDS, ...('byte_fallback' in options ? BYTES : [])];
  return {
    type: 'Unigram',
    unk_id: 0,
    vocab: pieces.map((piece, i) => [piece, -1 - (i % 7)]),
    ...options,
  };
}

const SETUPS: Readonly<
  Record<string, readonly [model: object, normalizer: object | null, pre: object | null]>
> = {
  'Llama 2': [bpe(WORDS, { byte_fallback: true, fuse_unk: true }), llama, null],
  'unknown, fused': [bpe(WORDS, { fuse_unk: true }), llama, null],
  'unknown, one by one': [bpe(WORDS, {}), llama, null],
  'tokens that cross words': [bpe([...WORDS, 'an▁', 'an▁an'], {}), llama, null],
  'BPE, Metaspace': [bpe(WORDS, {}), null, metaspace(false, 'first')],
  'BPE, Metaspace that splits': [bpe([...WORDS, 'an▁'], {}), null, metaspace(true)],
  Gemma: [
    bpe(WORDS, { byte_fallback: true }),
    replace,
    { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
  ],
  Unigram: [unigram({}), null, metaspace(true)],
  'Unigram with bytes': [unigram({ byte_fallback: true }), null, metaspace(true, 'never')],
  'Unigram over all': [unigram({}), null, metaspace(false)],
  'Unigram, rules': [unigram({}), normalizers(rules, edges, runs), metaspace(true)],
  'Unigram, longest rules': [
    unigram({ byte_fallback: true }),
    normalizers({ ...rules, [LONGEST_RULE]: true }, edges, runs),
    metaspace(true),
  ],
  T5: [
    unigram({}),
    rules,
    { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, metaspace(true)] },
  ],
  'T5, newer': [
    unigram({}),
    normalizers(
      rules,
      { type: 'Strip', strip_left: false, strip_right: true },
      { ...runs, content: '▁' },
    ),
    metaspace(true),
  ],
  'BPE, rules over all': [
    bpe(WORDS, { fuse_unk: true }),
    normalizers(rules, { type: 'Prepend', prepend: '▁' }, replace),
    null,
  ],
  'BPE without blanks at the ends': [
    bpe(WORDS, {}),
    normalizers(edges, runs, { type: 'Prepend', prepend: '▁' }, replace),
    null,
  ],
};

const text = fc
  .array(
    fc.constantFrom(
      'banana',
      'ana',
      ' ',
      '  ',
      '▁',
      'x',
      '中国',
      '国',
      'ñ',
      '😀',
      '☃',
      '\n',
      '\ud800',
      'é',
      'na ',
      '，',
      'ﬁ',
      'e\u0301',
      '\u0301',
      '\u200d',
      '\r',
      '\u0007',
      '\u3000',
      '\u2028',
      '½',
      '\0',
      '\ufffd',
      '中',
      'xx',
      'nb',
      'bx',
    ),
  )
  .map((parts) => parts.join(''));

describe('SentencePiece models word by word', () => {
  for (const [name, [model, normalizer, pre]] of Object.entries(SETUPS)) {
    it(`give the ids of the general path: ${name}`, () => {
      const fast = Tokenizer.fromJSON({ model, normalizer, pre_tokenizer: pre });
      const steps = pre === null ? [nothing] : [nothing, pre];
      const general = Tokenizer.fromJSON({
        model,
        normalizer,
        pre_tokenizer: { type: 'Sequence', pretokenizers: steps },
      });
      fc.assert(
        fc.property(text, (sample) => {
          const expected = general.encode(sample);
          // New, seen once, and cached.
          for (let i = 0; i < 3; i++) expect(fast.encode(sample)).toEqual(expected);
        }),
        { numRuns: 500, seed: 11 },
      );
      const long = 'banana ana 中国'.repeat(500);
      expect(fast.encode(long)).toEqual(general.encode(long));
    });
  }
});
