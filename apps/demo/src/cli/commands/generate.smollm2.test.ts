// `llm generate` on a real open model gives the tokens that Transformers gives (the fixture's script is
// tools/fixtures/smollm2_greedy.py). Needs the folder of models in LLM_MODELS.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { llm, llmJson } from '../test/run-llm.ts';

interface Fixture {
  readonly model: string;
  readonly cases: readonly { readonly ids: number[]; readonly tokens: number[] }[];
}

const url = new URL(
  '../../../../../packages/transformer/fixtures/smollm2-greedy.json',
  import.meta.url,
);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as Fixture;
const folder = process.env['LLM_MODELS'];
const model = join(folder ?? '', 'smollm2-135m-instruct', fixture.model);
const isThere = folder !== undefined && existsSync(model);
const PATIENCE = 300_000; // ms, for a machine without the native backend

describe('llm generate on SmolLM2', () => {
  if (!isThere) {
    it('is tested wherever all must be', ({ skip }) => {
      expect(process.env['CI'], `set LLM_MODELS to a folder with ${model}`).not.toBe('true');
      skip('LLM_MODELS names no folder with smollm2-135m-instruct');
    });
    return;
  }

  it(
    'gives the tokens of Transformers from --ids',
    async () => {
      const { ids, tokens } = fixture.cases[0]!;
      const result = await llmJson<{ ids: number[]; text: string; finishReason: string }>(
        ...['generate', '--model', model, '--ids', ids.join(), '--greedy'],
        ...['--max-new-tokens', String(tokens.length)],
      );
      expect(result.ids).toEqual(tokens);
      const decoded = await llm('tokenizer', 'decode', '--model', model, '--ids', tokens.join());
      expect(decoded.stdout).toContain(result.text);
    },
    PATIENCE,
  );

  it(
    'points to --chat where a question without the template ends at once',
    async () => {
      const question = ['--prompt', 'What is gravity?', '--greedy', '--weights', 'quantized'];
      const { stderr } = await llm('generate', '--model', model, ...question);
      expect(stderr).toContain('The model ended at once. It has a chat template: try --chat.');
    },
    PATIENCE,
  );

  it(
    'writes from the quantised weights, and refuses another word for them',
    async () => {
      const wanted = ['generate', '--model', model, '--greedy', '--max-new-tokens', '24'];
      const prompt = ['--chat', '--prompt', 'List five fruits that are red.'];
      const { code, stdout } = await llm(...wanted, ...prompt, '--weights', 'quantized');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^1\. .+\n2\. /);
      const refused = await llm(...wanted, ...prompt, '--weights', 'q4');
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('--weights')]);
    },
    PATIENCE,
  );

  it(
    'answers a question through its chat template',
    async () => {
      const { code, stdout } = await llm(
        ...['generate', '--model', model, '--chat', '--greedy', '--max-new-tokens', '12'],
        ...['--prompt', 'What is the capital of France?'],
      );
      expect([code, stdout]).toEqual([0, 'The capital of France is Paris.\n']);
    },
    PATIENCE,
  );
});
