/**
 * Vocabulary files that were cut, changed at random or made to hurt: each is refused with an error of ours, or gives a
 * tokenizer that works; never a crash, an error of JavaScript's own, or hours of work.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Tokenizer, TokenizerError } from '../index.ts';
import { Random } from '../sampling/random.ts';

const read = (name: string): { tokenizer: Json; model?: string } =>
  JSON.parse(
    readFileSync(new URL(`../../fixtures/families/${name}.json`, import.meta.url), 'utf8'),
  ) as { tokenizer: Json; model?: string };
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
const FAMILIES = ['llama-2', 'qwen-3', 'bert-cased', 't5'];
const TEXT = 'The cat\u00e9\n  <s>[MASK] 12 \u4e2d\ud83d\ude00 \ud800';

/** Loads and uses a tokenizer; an error of ours is an answer, any other is not. */
function survive(load: () => Tokenizer): 'works' | 'refused' {
  try {
    const tokenizer = load();
    const { ids } = tokenizer.encodeFull(TEXT, { truncation: false, padding: false });
    tokenizer.encode(TEXT);
    tokenizer.decode(ids);
    return 'works';
  } catch (error) {
    if (error instanceof TokenizerError) return 'refused';
    throw error;
  }
}

describe('a cut file', () => {
  it.each(FAMILIES)('tokenizer.json of %s is refused at any length', (name) => {
    const text = JSON.stringify(read(name).tokenizer);
    for (let i = 1; i < 60; i++) {
      const cut = text.slice(0, Math.floor((text.length * i) / 60));
      expect(survive(() => Tokenizer.fromJSON(cut))).toBe('refused');
    }
  });

  it.each(['llama-2', 't5'])('.model of %s is refused or works', (name) => {
    const bytes = Uint8Array.from(Buffer.from(read(name).model ?? '', 'base64'));
    for (let i = 0; i < 120; i++)
      survive(() => Tokenizer.fromSentencePiece(bytes.subarray(0, (bytes.length * i) / 120)));
  });
});

describe('a changed file', () => {
  const NASTY: Json[] = [null, true, -1, 0.5, 1e300, 2 ** 31, '', '\u0000', [], {}, [[]], 'x'];

  /** Puts something else at a random place of a document. */
  function mutate(json: Json, random: () => number): Json {
    const pick = (length: number): number => Math.floor(random() * length);
    const nasty = NASTY[pick(NASTY.length)] as Json;
    if (typeof json !== 'object' || json === null || random() < 0.08) return nasty;
    if (Array.isArray(json)) {
      const at = pick(json.length);
      return json.map((item, i) => (i === at ? mutate(item, random) : item));
    }
    const keys = Object.keys(json);
    const at = keys[pick(keys.length)];
    if (at === undefined) return nasty;
    if (random() < 0.1) return Object.fromEntries(Object.entries(json).filter(([k]) => k !== at));
    return { ...json, [at]: mutate(json[at] as Json, random) };
  }

  it.each(FAMILIES)('tokenizer.json of %s is refused or works, 150 times', (name) => {
    const { tokenizer } = read(name);
    const generator = new Random(7);
    const seen = { works: 0, refused: 0 };
    for (let i = 0; i < 150; i++) {
      const changed = mutate(tokenizer, () => generator.uniform());
      let found: 'works' | 'refused';
      try {
        found = survive(() => Tokenizer.fromJSON(JSON.stringify(changed)));
      } catch (error) {
        throw new Error(`change ${i} of ${name}: ${String(error)}`, { cause: error });
      }
      seen[found]++;
    }
    expect(seen.refused).toBeGreaterThan(30);
  });

  it('.model is refused or works with any byte changed', () => {
    const bytes = Uint8Array.from(Buffer.from(read('llama-2').model ?? '', 'base64'));
    const generator = new Random(8);
    for (let i = 0; i < 60; i++) {
      const changed = bytes.slice();
      for (let j = 0; j < 4; j++)
        changed[Math.floor(generator.uniform() * bytes.length)] = Math.floor(generator.uniform() * 256); // prettier-ignore
      survive(() => Tokenizer.fromSentencePiece(changed));
    }
  });
});

describe('a hostile vocabulary', () => {
  const bpe = (vocab: Record<string, number>, merges: unknown[] = []): Tokenizer =>
    Tokenizer.fromJSON(JSON.stringify({ model: { type: 'BPE', vocab, merges } }));

  it('with an id twice is refused', () => {
    expect(() => bpe({ a: 0, b: 0 })).toThrow('model.vocab: expected different ids, got 0 twice.');
    const wordPiece = { type: 'WordPiece', vocab: { '[UNK]': 0, a: 0 } };
    expect(() => Tokenizer.fromJSON({ model: wordPiece })).toThrow(TokenizerError);
  });

  it('with ids below zero, fractions or far too large is refused', () => {
    for (const id of [-1, 1.5, 2 ** 31, 5_000_000, Number.NaN])
      expect(() => bpe({ a: id }), String(id)).toThrow(TokenizerError);
  });

  it('with merges of tokens that it lacks is refused', () => {
    expect(() => bpe({ a: 0, b: 1 }, [['a', 'b']])).toThrow(/merges\[0\]/);
    expect(() => bpe({ a: 0, b: 1, ab: 2 }, [['a']])).toThrow(/two tokens/);
  });

  it('with merges in a circle is read and ends', () => {
    // With a prefix, ##a joined to ##  is ##a again: a merge that makes its own part.
    const vocab = { a: 0, '##': 1, '##a': 2, '##aa': 3, aa: 4 };
    const merges = [['##a', '##'], ['a', '##'], ['##a', '##a'], ['a', '##a']]; // prettier-ignore
    const model = { type: 'BPE', vocab, merges, continuing_subword_prefix: '##' };
    expect(survive(() => Tokenizer.fromJSON({ model }))).toBe('works');
  });

  it('with one enormous token works', () => {
    const long = 'a'.repeat(1_000_000);
    expect(survive(() => bpe({ a: 0, [long]: 1 }))).toBe('works');
    const vocab = [['<unk>', 0], ['a', -1], [long, -2]]; // prettier-ignore
    expect(survive(() => Tokenizer.fromJSON({ model: { type: 'Unigram', unk_id: 0, vocab } }))).toBe('works'); // prettier-ignore
  });

  it('of tiktoken with huge or negative ranks, or the same rank twice, is refused', () => {
    const options = { pattern: '.+', specialTokens: {} };
    for (const line of ['YQ== 99999999999', 'YQ== -1', 'YQ== x', 'YQ==', '%%% 1', 'YQ== 0\nYg== 0'])
      expect(() => Tokenizer.fromTiktoken(line, options), line).toThrow(TokenizerError);
  });

  it('of SentencePiece with a length that lies is refused', () => {
    // Field 1, a length of 2³¹, nothing behind.
    const lie = Uint8Array.of(0x0a, 0x80, 0x80, 0x80, 0x80, 0x08);
    expect(() => Tokenizer.fromSentencePiece(lie)).toThrow(TokenizerError);
  });
});
