/** Components and their alignments against Rust `tokenizers` (tools/fixtures/tokenizer_more_components.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDecoder } from '../decoders/decoder.ts';
import { parseAlignedNormalizer } from '../normalizers/aligned.ts';
import { parseNormalizer } from '../normalizers/normalizer.ts';
import { parseAlignedPreTokenizer } from '../pre-tokenizers/aligned.ts';
import { parsePreTokenizer } from '../pre-tokenizers/pre-tokenizer.ts';
import { AlignedText } from './aligned-text.ts';

type Cases<T> = [component: { type: string }, expected: T][];
interface Fixture {
  texts: string[];
  /** The normalized text, and for each of its characters where it begins and ends in the original (null: as it was). */
  normalizers: Cases<[text: string, places: number[] | null][]>;
  preTokenizers: Cases<[piece: string, start: number, end: number][][]>;
  tokens: string[][];
  decoders: Cases<string[]>;
}

const url = new URL('../../fixtures/more-components.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as Fixture;

function titled<T>(cases: Cases<T>) {
  return cases.map(
    ([json, expected]) => [JSON.stringify(json).slice(0, 100), json, expected] as const,
  );
}

describe('normalizers', () => {
  it.each(titled(fixture.normalizers))('%s', (_, json, expected) => {
    const plain = parseNormalizer(json, 'normalizer');
    const aligned = parseAlignedNormalizer(json, 'normalizer');
    fixture.texts.forEach((text, i) => {
      const [normalized, places] = expected[i] as [string, number[] | null];
      expect(plain(text), JSON.stringify(text)).toBe(normalized);
      const result = aligned(AlignedText.of(text));
      expect(result.text, JSON.stringify(text)).toBe(normalized);
      expect(placesOf(result), JSON.stringify(text)).toEqual(
        places ?? placesOf(AlignedText.of(text)),
      );
    });
  });
});

function placesOf(text: AlignedText): number[] {
  const places: number[] = [];
  for (let i = 0; i < text.text.length; i += (text.text.codePointAt(i) as number) > 0xffff ? 2 : 1)
    places.push(text.starts[i] as number, text.ends[i] as number);
  return places;
}

describe('pre-tokenizers', () => {
  const texts = [...fixture.texts.filter((_, i) => i % 2 === 0), ...fixture.texts.slice(-5)];
  it.each(titled(fixture.preTokenizers))('%s', (_, json, expected) => {
    const plain = parsePreTokenizer(json, 'pre_tokenizer');
    const aligned = parseAlignedPreTokenizer(json, 'pre_tokenizer');
    texts.forEach((text, i) => {
      const pieces = expected[i] as [string, number, number][];
      expect(plain(text), JSON.stringify(text)).toEqual(pieces.map(([piece]) => piece));
      const placed = aligned(AlignedText.of(text)).map((piece) => [
        piece.text,
        piece.starts[0],
        piece.ends.at(-1),
      ]);
      expect(placed, JSON.stringify(text)).toEqual(pieces);
    });
  });
});

describe('decoders', () => {
  it.each(titled(fixture.decoders))('%s', (_, json, expected) => {
    const decode = parseDecoder(json, 'decoder');
    expect(fixture.tokens.map((tokens) => decode([...tokens]).join(''))).toEqual(expected);
  });
});
