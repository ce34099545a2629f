// `llm eval` on a real open model gives the perplexities and log-likelihoods of Transformers (the fixture's
// script is tools/fixtures/perplexity_windows.py). Needs the folder of models in LLM_MODELS.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { llmJson } from '../test/run-llm.ts';

interface Fixture {
  readonly smollm2: {
    readonly model: string;
    readonly text: string;
    readonly ids: number[];
    readonly windows: readonly {
      readonly maxLength: number;
      readonly stride: number;
      readonly predictions: number;
      readonly perplexity: number;
    }[];
    readonly choices: readonly {
      readonly prompt: string;
      readonly choices: readonly string[];
      readonly answer: number;
      readonly logprobs: readonly number[];
    }[];
  };
}

const url = new URL(
  '../../../../../packages/align/fixtures/perplexity-windows.json',
  import.meta.url,
);
const { smollm2 } = JSON.parse(readFileSync(url, 'utf8')) as Fixture;
const models = process.env['LLM_MODELS'];
const model = join(models ?? '', 'smollm2-135m-instruct', smollm2.model);
const isThere = models !== undefined && existsSync(model);
const PATIENCE = 300_000; // ms, for a machine without the native backend

describe('llm eval on SmolLM2', () => {
  if (!isThere) {
    it('is tested wherever all must be', ({ skip }) => {
      expect(process.env['CI'], `set LLM_MODELS to a folder with ${model}`).not.toBe('true');
      skip('LLM_MODELS names no folder with smollm2-135m-instruct');
    });
    return;
  }

  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'llm-eval-smollm2-'));
    writeFileSync(join(folder, 'text.txt'), smollm2.text);
    const rows = smollm2.choices.map(({ prompt, choices, answer }) =>
      JSON.stringify({ prompt, choices, answer }),
    );
    writeFileSync(join(folder, 'choices.jsonl'), `${rows.join('\n')}\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(smollm2.windows)(
    'gives the perplexity of windows of $maxLength every $stride',
    async ({ maxLength, stride, predictions, perplexity }) => {
      const result = await llmJson<{ perplexity: number; tokens: number }>(
        ...['eval', '--model', model, '--data', join(folder, 'text.txt'), '--raw'],
        ...['--block', String(maxLength), '--stride', String(stride)],
      );
      expect(result.tokens).toBe(predictions);
      expect(Math.abs(result.perplexity / perplexity - 1)).toBeLessThan(1e-4);
    },
    PATIENCE,
  );

  it(
    'gives the log-likelihood of each choice',
    async () => {
      const data = join(folder, 'choices.jsonl');
      const result = await llmJson<{
        accuracy: number;
        accuracyNormalized: number;
        answers: { logprobs: number[] }[];
      }>('eval', '--model', model, '--data', data);
      for (const [i, { logprobs }] of result.answers.entries())
        for (const [j, value] of logprobs.entries())
          expect(Math.abs(value - smollm2.choices[i]!.logprobs[j]!)).toBeLessThan(1e-3);
      // Of the four questions only "Which animal barks?" is answered wrong by the sum (a cat).
      expect(result.accuracy).toBe(3 / 4);
    },
    PATIENCE,
  );
});
