/** The reader without objects against JSON.parse: the same tokenizers, and where it gives up, the same errors. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTokenizerJson, tokenizerJson } from '../io/tokenizer-json.ts';
import { readPacked } from './packed-model.ts';

/** Longer than what is read the ordinary way anyway. */
const PADDING = { type: 'Replace', pattern: { String: 'x'.repeat(1 << 14) }, content: 'y' };

function document(model: object): Record<string, unknown> {
  return {
    version: '1.0',
    added_tokens: [],
    normalizer: PADDING,
    pre_tokenizer: null,
    post_processor: null,
    decoder: null,
    model,
  };
}

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const bothWays = (json: object, space?: number): [unknown, unknown] => [
  tokenizerJson(parseTokenizerJson(encode(JSON.stringify(json, null, space)))),
  tokenizerJson(parseTokenizerJson(JSON.parse(JSON.stringify(json)))),
];
const token = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
const tokens = fc.uniqueArray(token, { minLength: 2, maxLength: 30 });

describe('reading a tokenizer.json without objects', () => {
  it('gives the vocabularies of JSON.parse, holes and escapes included', () => {
    fc.assert(
      fc.property(tokens, fc.nat(3), fc.constantFrom(undefined, 2), (words, gap, space) => {
        const vocab = Object.fromEntries(words.map((word, i) => [word, i * (gap + 1)]));
        const json = document({ type: 'WordLevel', vocab, unk_token: words[0] });
        const [packed, parsed] = bothWays(json, space);
        expect(packed).toEqual(parsed);
      }),
      { seed: 3 },
    );
  });

  it('gives the merges of JSON.parse in both forms', () => {
    const letters = ['a', 'b', '"', '\\', 'é', '😀'];
    for (const isText of [true, false]) {
      const pairs = [
        ['a', 'b'],
        ['"', '\\'],
        ['é', '😀'],
        ['ab', 'é'],
      ] as const;
      const words = [...letters, ...pairs.map((pair) => pair.join(''))];
      const vocab = Object.fromEntries(words.map((word, i) => [word, i]));
      const merges = pairs.map((pair) => (isText ? pair.join(' ') : pair));
      const json = document({ type: 'BPE', vocab, merges });
      expect(readPacked(encode(JSON.stringify(json)))?.model.merges?.size).toBe(4);
      const [packed, parsed] = bothWays(json);
      expect(packed).toEqual(parsed);
    }
  });

  it('gives the pieces of JSON.parse with their scores', () => {
    fc.assert(
      fc.property(tokens, fc.double({ noNaN: true, noDefaultInfinity: true }), (words, score) => {
        const vocab = words.map((word, i) => [word, i === 0 ? score : -i / 3]);
        const [packed, parsed] = bothWays(document({ type: 'Unigram', unk_id: 0, vocab }));
        expect(packed).toEqual(parsed);
      }),
      { seed: 4 },
    );
  });

  it('takes merges that stand before the vocabulary', () => {
    const json = document({ type: 'BPE', merges: ['a b'], vocab: { a: 0, b: 1, ab: 2 } });
    expect(readPacked(encode(JSON.stringify(json)))?.model.merges?.size).toBe(1);
  });

  it('leaves to JSON.parse what is not ordinary', () => {
    const text = (vocab: string): Uint8Array =>
      encode(
        JSON.stringify(document({ type: 'WordLevel', vocab: 'HERE' })).replace('"HERE"', vocab),
      );
    for (const vocab of [
      '{"a":0,"a":1}',
      '{"a":0,"b":0}',
      '{"\\ud800":0}',
      '{"a":1.5}',
      '{"a":-1}',
      '{"a":1e3}',
      '{"a":99999999}',
      '[]x',
      '{"a":0,}',
      '{"a\n":0}',
    ]) {
      expect(readPacked(text(vocab)), vocab).toBeUndefined();
    }
    expect(readPacked(text('{"a":0}'))).toBeDefined();
  });

  it('gives the errors of the ordinary way', () => {
    const message = (json: object | string): string => {
      try {
        parseTokenizerJson(typeof json === 'string' ? encode(json) : json);
      } catch (error) {
        return (error as Error).message;
      }
      return 'none';
    };
    const vocab = { a: 0, b: 1 };
    for (const model of [
      { type: 'BPE', vocab, merges: ['a b'] },
      { type: 'BPE', vocab, merges: ['a  b'] },
      { type: 'BPE', vocab },
      { type: 'BPE', vocab, merges: [], dropout: 3 },
      { type: 'WordLevel', vocab: { a: 'x' } },
      { type: 'Unigram', vocab: [['a', 'x']] },
      { type: 'Odd', vocab },
    ]) {
      const json = document(model);
      expect(message(JSON.stringify(json))).toBe(message(json));
      expect(message(json)).not.toBe('none');
    }
    expect(message(`${JSON.stringify(document({ type: 'BPE', vocab, merges: [] }))}x`)).toMatch(
      /expected JSON/,
    );
  });
});
