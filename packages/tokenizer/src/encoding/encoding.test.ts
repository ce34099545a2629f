/** Whole encodings against Rust `tokenizers` (tools/fixtures/tokenizer_encodings.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { PaddingOptions, TruncationOptions } from '../index.ts';
import { Encoding, Tokenizer } from '../index.ts';

type Row = [
  ids: number[],
  places: number[],
  words: number[],
  tokens: string[] | null,
  text: string,
];
interface Singles {
  texts: string[];
  tokenizers: Record<string, unknown>;
  byteOffsets: number[][];
  rows: Record<string, Row[]>;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8'));
}

const singles = read('encodings.json') as Singles;

function tokenizerNamed(name: string): Tokenizer {
  return Tokenizer.fromJSON(singles.tokenizers[name]);
}

describe('one text', () => {
  it.each(Object.keys(singles.rows))('%s gives the encodings of the Rust library', (name) => {
    const tokenizer = tokenizerNamed(name);
    singles.texts.forEach((text, i) => {
      const [ids, places, words, tokens, decoded] = (singles.rows[name] as Row[])[i] as Row;
      const encoding = tokenizer.encodeFull(text, { addSpecialTokens: false });
      const label = JSON.stringify(text);
      expect(encoding.ids, label).toEqual(ids);
      expect(tokenizer.encode(text, { addSpecialTokens: false }), label).toEqual(ids);
      expect(encoding.wordIds, label).toEqual(words);
      expect(encoding.offsets.flat(), label).toEqual(places);
      if (tokens !== null) expect(encoding.tokens, label).toEqual(tokens);
      expect(tokenizer.decode(ids), label).toBe(decoded);
    });
  });

  it('gives offsets in bytes too', () => {
    const tokenizer = tokenizerNamed('wordPiece');
    singles.texts.forEach((text, i) => {
      const { byteOffsets } = tokenizer.encodeFull(text, { addSpecialTokens: false });
      expect(byteOffsets.flat(), JSON.stringify(text)).toEqual(singles.byteOffsets[i]);
    });
  });

  it.each(Object.keys(singles.rows))('%s is written as it was read', (name) => {
    const again = Tokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizerNamed(name).toJSON())));
    expect(again.encode(singles.texts[2] as string)).toEqual(
      tokenizerNamed(name).encode(singles.texts[2] as string),
    );
    expect(tokenizerNamed(name).toJSON()).toEqual(singles.tokenizers[name]);
  });
});

interface Expected {
  ids: number[];
  tokens: string[];
  typeIds: number[];
  offsets: [number, number][];
  wordIds: (number | null)[];
  attentionMask: number[];
  specialTokensMask: number[];
  overflowing: Expected[];
}
interface RustOptions {
  addSpecialTokens?: boolean;
  truncation?: { max_length: number; stride: number; strategy: string; direction: string };
  padding?: {
    length?: number;
    pad_to_multiple_of?: number;
    direction: string;
    pad_id: number;
    pad_type_id: number;
    pad_token: string;
  };
}
interface Options {
  pair: [string, string];
  options: RustOptions[];
  single: Record<string, (Expected | null)[]>;
  double: Record<string, (Expected | null)[]>;
  batch: Record<string, [ids: number[], mask: number[]][]>;
}

const options = read('encoding-options.json') as Options;

function ours({ addSpecialTokens, truncation, padding }: RustOptions) {
  return {
    addSpecialTokens: addSpecialTokens ?? true,
    truncation: truncation !== undefined && {
      maxLength: truncation.max_length,
      stride: truncation.stride,
      strategy: truncation.strategy as TruncationOptions['strategy'] & string,
      direction: truncation.direction as 'left' | 'right',
    },
    padding: padding !== undefined && {
      length: padding.length ?? ('longest' as const),
      multipleOf: padding.pad_to_multiple_of ?? 1,
      direction: padding.direction as PaddingOptions['direction'] & string,
      padId: padding.pad_id,
      padTypeId: padding.pad_type_id,
      padToken: padding.pad_token,
    },
  };
}

/** Parts of overflow hold no overflow of their own here. */
function plain(encoding: Encoding): Omit<Expected, 'overflowing'> & { overflowing: unknown[] } {
  const { ids, tokens, typeIds, offsets, wordIds, attentionMask, specialTokensMask } = encoding;
  const columns = { ids, tokens, typeIds, offsets, wordIds, attentionMask, specialTokensMask };
  return {
    ...(columns as unknown as Expected),
    overflowing: encoding.overflowing.map(plain),
  };
}

describe('truncation, padding and pairs', () => {
  const cases = Object.keys(options.single).flatMap((name) =>
    options.options.map((option, i) => [name, i, JSON.stringify(option)] as const),
  );
  it.each(cases)('%s, option %i of a single text: %s', (name, i) => {
    const expected = options.single[name]?.[i];
    const encode = () =>
      tokenizerNamed(name).encodeFull(options.pair[0], ours(options.options[i] as RustOptions));
    if (expected === null) expect(encode).toThrow(/truncation/);
    else expect(plain(encode())).toEqual(expected);
  });

  it.each(cases)('%s, option %i of a pair: %s', (name, i) => {
    const expected = options.double[name]?.[i];
    const [text, pair] = options.pair;
    const encode = () =>
      tokenizerNamed(name).encodeFull(text, { ...ours(options.options[i] as RustOptions), pair });
    if (expected === null) expect(encode).toThrow(/truncation/);
    else expect(plain(encode())).toEqual(expected);
  });

  it.each(Object.keys(options.batch))('%s pads a batch', (name) => {
    const [text, second] = options.pair;
    const padding = { padId: 3, padToken: '[PAD]', multipleOf: 4 };
    const encodings = tokenizerNamed(name).encodeBatch([text, [second, 'x'], ''], { padding });
    expect(encodings.map(({ ids, attentionMask }) => [ids, attentionMask])).toEqual(
      options.batch[name],
    );
  });

  it('follows the truncation and padding of the tokenizer.json unless told not to', () => {
    const json = {
      ...(singles.tokenizers['wordPiece'] as object),
      truncation: { max_length: 6, stride: 0, strategy: 'LongestFirst', direction: 'Right' },
      padding: {
        strategy: { Fixed: 8 },
        direction: 'Right',
        pad_id: 3,
        pad_type_id: 0,
        pad_token: '[PAD]',
      },
    };
    const tokenizer = Tokenizer.fromJSON(json);
    expect(tokenizer.encodeFull(options.pair[0]).attentionMask).toEqual([1, 1, 1, 1, 1, 1, 0, 0]);
    const whole = tokenizer.encodeFull(options.pair[0], { truncation: false, padding: false });
    expect(whole.ids).toEqual(tokenizer.encode(options.pair[0]));
  });
});

describe('look-ups', () => {
  it('finds the token of a character and the tokens of a word', () => {
    const encoding = tokenizerNamed('wordPiece').encodeFull('Cat, know', { pair: 'cat' });
    expect(encoding.offsets[encoding.charToToken(0) as number]?.[0]).toBe(0);
    expect(encoding.charToToken(4)).toBeUndefined();
    const [first] = encoding.wordToTokens(0, 1) as [number, number];
    expect(encoding.sequenceIds[first]).toBe(1);
    expect(encoding.wordToTokens(9)).toBeUndefined();
    expect(encoding).toBeInstanceOf(Encoding);
  });
});
