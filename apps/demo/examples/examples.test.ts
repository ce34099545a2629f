// Small versions of the examples: a part of the data and small models, enough to see that each learns.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@llm/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decoder } from './decoder.ts';
import { entities } from './entities.ts';
import { maskedLm } from './masked-lm.ts';
import { pronunciation } from './pronunciation.ts';
import type { ExampleSettings } from './shared/settings.ts';
import { spam } from './spam.ts';
import { softPrompts } from './soft-prompts.ts';
import { translation } from './translation.ts';

const PATIENCE = 900_000; // ms, for a machine that does much else, or has no native backend
let folder = '';

const small = (steps?: number): ExampleSettings => ({
  ...{ steps, seconds: undefined, seed: 1, isSmall: true, folder, print: () => undefined },
});

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llm-examples-'));
  await useBackend();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an encoder', () => {
  it(
    'needs masked-lm before spam and entities',
    async () => {
      await expect(spam(small())).rejects.toThrow('npm run example -- masked-lm');
    },
    PATIENCE,
  );

  it(
    'predicts masked words better than their frequencies do',
    async () => {
      const { loss, accuracy, unigram } = await maskedLm(small(250));
      expect(loss).toBeLessThan(unigram.loss);
      expect(accuracy).toBeGreaterThan(unigram.accuracy);
    },
    PATIENCE,
  );

  it(
    'tells spam from other mail',
    async () => {
      const { f1, accuracy, majority, bagOfWords } = await spam(small(120));
      expect(accuracy).toBeGreaterThan(majority.accuracy + 0.1);
      expect(f1).toBeGreaterThan(0.7);
      expect(bagOfWords.f1).toBeGreaterThan(0.7); // the baseline is one
    },
    PATIENCE,
  );

  it(
    'finds names that it has not seen',
    async () => {
      const { f1, f1Borders, lookUp } = await entities(small(250));
      expect(f1).toBeGreaterThan(lookUp.f1);
      expect(f1Borders).toBeGreaterThan(0.4);
    },
    PATIENCE,
  );
});

describe('a decoder', () => {
  it(
    'needs fewer bits than the frequencies of its tokens',
    async () => {
      const { bitsPerByte } = await decoder(small(150));
      expect(bitsPerByte.model).toBeLessThan(0.95 * bitsPerByte.unigram);
      expect(bitsPerByte.bigram).toBeLessThan(bitsPerByte.unigram); // the baselines are in order
    },
    PATIENCE,
  );
});

describe.runIf(process.env['LLM_MODELS'])('soft prompts on a model that was trained before', () => {
  it(
    'learn to answer questions that were held out',
    async () => {
      const { methods } = await softPrompts(small());
      for (const { method, initial, loss } of methods) {
        expect(loss, method).toBeLessThan(0.95 * initial);
      }
    },
    PATIENCE,
  );
});

describe('an encoder–decoder', () => {
  it(
    'learns how letters sound',
    async () => {
      const { phonemeErrorRate } = await pronunciation(small(300));
      expect(phonemeErrorRate).toBeLessThan(0.6); // writing the commonest phonemes: above 0.9
    },
    PATIENCE,
  );

  it(
    'learns to translate',
    async () => {
      const { chrf, baseline, examples } = await translation(small(300));
      expect(chrf).toBeGreaterThan(4); // the same text for all: below 4
      expect(baseline.chrf).toBeGreaterThan(10);
      expect(new Set(examples.map(({ written }) => written)).size).toBeGreaterThan(3);
    },
    PATIENCE,
  );
});
