/** Every component against Rust `tokenizers` (tools/fixtures/tokenizer_components.py). */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDecoder } from './decoders/decoder.ts';
import { Tokenizer } from './index.ts';
import { parseNormalizer } from './normalizers/normalizer.ts';
import { parsePostProcessor } from './post-processors/post-processor.ts';
import { parsePreTokenizer } from './pre-tokenizers/pre-tokenizer.ts';

type Cases<T> = [component: { type: string }, expected: T][];
interface Fixture {
  texts: string[];
  normalizers: Cases<string[]>;
  preTokenizers: Cases<string[][]>;
  tokens: string[][];
  decoders: Cases<string[]>;
  postProcessors: Cases<[single: number[], pair: number[]]>;
  vocab: Record<string, number>;
  addedTokens: { added: unknown[]; texts: string[]; ids: number[][] }[];
}

const url = new URL('../fixtures/components.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as Fixture;

/** The component's JSON as the name of its test. */
function title(json: unknown): string {
  return JSON.stringify(json).slice(0, 120);
}

describe('normalizers', () => {
  it.each(fixture.normalizers.map(([json, expected]) => [title(json), json, expected] as const))(
    '%s',
    (_, json, expected) => {
      const normalize = parseNormalizer(json, 'normalizer');
      fixture.texts.forEach((text, i) => expect(normalize(text), text).toBe(expected[i]));
    },
  );
});

describe('pre-tokenizers', () => {
  it.each(fixture.preTokenizers.map(([json, expected]) => [title(json), json, expected] as const))(
    '%s',
    (_, json, expected) => {
      const split = parsePreTokenizer(json, 'pre_tokenizer');
      fixture.texts.forEach((text, i) => expect(split(text), text).toEqual(expected[i]));
    },
  );
});

describe('decoders', () => {
  it.each(fixture.decoders.map(([json, expected]) => [title(json), json, expected] as const))(
    '%s',
    (_, json, expected) => {
      const decode = parseDecoder(json, 'decoder');
      expect(fixture.tokens.map((tokens) => decode([...tokens]).join(''))).toEqual(expected);
    },
  );
});

describe('post-processors', () => {
  it.each(fixture.postProcessors.map(([json, expected]) => [title(json), json, expected] as const))(
    '%s',
    (_, json, [single, pair]) => {
      const process = parsePostProcessor(json, 'post_processor');
      // The vocabulary has a = 0 and b = 1; the texts are ab and ba.
      expect(process([0, 1], undefined)).toEqual(single);
      expect(process([0, 1], [1, 0])).toEqual(pair);
    },
  );
});

describe('added tokens', () => {
  it.each(fixture.addedTokens.map((item) => [title(item.added[0]), item] as const))(
    '%s',
    (_, item) => {
      const tokenizer = Tokenizer.fromJSON({
        added_tokens: item.added,
        normalizer: { type: 'Lowercase' },
        model: { type: 'BPE', vocab: fixture.vocab, merges: [] },
      });
      expect(item.texts.map((text) => tokenizer.encode(text))).toEqual(item.ids);
    },
  );
});
