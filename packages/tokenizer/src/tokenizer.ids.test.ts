/** Ids and texts against Rust `tokenizers` (tools/fixtures/tokenizer_ids.py). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BYTE_LEVEL, gpt2Tokenizer } from '../test-support/gpt2.ts';
import { Tokenizer } from './index.ts';

interface Fixture {
  texts: string[];
  gpt2: number[][];
  gpt2Digits: number[][];
  smollm2: number[][];
  smollm2Decoded: string[];
  minilm: number[][];
  minilmDecoded: string[];
}

const url = new URL('../fixtures/tokenizer-ids.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as Fixture;
const models = process.env['LLM_MODELS'] ?? '';
const SMOLLM2 = 'smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf';
const MINILM = 'all-minilm-l6-v2/tokenizer.json';
const isThere = (path: string): boolean => existsSync(join(models, path));

function expectIds(tokenizer: Tokenizer, expected: number[][]): void {
  fixture.texts.forEach((text, i) => {
    expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(expected[i]);
  });
}

describe("GPT-2's table", () => {
  const digits = { type: 'Digits', individual_digits: true };
  // A Split that never matches changes nothing, but has no scanner: the general path is taken.
  const nothing = { type: 'Split', pattern: { String: '\u{10fffe}' }, behavior: 'Isolated' };
  const sequence = (...pretokenizers: unknown[]) => ({ type: 'Sequence', pretokenizers });

  it('gives the ids of the Rust library', () => expectIds(gpt2Tokenizer(), fixture.gpt2));

  it('gives them without the scanner too', () =>
    expectIds(gpt2Tokenizer(sequence(nothing, BYTE_LEVEL)), fixture.gpt2));

  it('gives the ids of the Rust library with digits apart', () =>
    expectIds(gpt2Tokenizer(sequence(digits, BYTE_LEVEL)), fixture.gpt2Digits));

  it('gives them with digits apart without the scanner too', () =>
    expectIds(gpt2Tokenizer(sequence(nothing, digits, BYTE_LEVEL)), fixture.gpt2Digits));

  it('gives the text back, lone surrogates as U+FFFD', () => {
    const tokenizer = gpt2Tokenizer();
    for (const text of fixture.texts) {
      const whole = text.replace(/\p{Surrogate}/gu, '\uFFFD');
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(whole);
    }
  });
});

describe('models in the folder LLM_MODELS', () => {
  const load = (path: string): Promise<Tokenizer> => Tokenizer.load(join(models, path));

  it.runIf(process.env['CI'] === 'true')('are there in CI', () => {
    expect([isThere(SMOLLM2), isThere(MINILM)]).toEqual([true, true]);
  });

  it.skipIf(!isThere(SMOLLM2))(
    "SmolLM2's GGUF gives the ids and texts of the Rust library",
    async () => {
      const tokenizer = await load(SMOLLM2);
      expectIds(tokenizer, fixture.smollm2);
      const decoded = fixture.smollm2.map((ids) => tokenizer.decode(ids));
      expect(decoded).toEqual(fixture.smollm2Decoded);
    },
  );

  it.skipIf(!isThere(MINILM))(
    "MiniLM's tokenizer.json gives the ids and texts of the Rust library",
    async () => {
      const tokenizer = await load(MINILM);
      expectIds(tokenizer, fixture.minilm);
      expect(fixture.minilm.map((ids) => tokenizer.decode(ids))).toEqual(fixture.minilmDecoded);
    },
  );
});
