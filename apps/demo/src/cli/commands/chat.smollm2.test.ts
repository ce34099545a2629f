// `llm chat` with a real open model, which must know what was said before. Needs the folder of models in LLM_MODELS.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { llmFed } from '../test/run-llm.ts';

const folder = process.env['LLM_MODELS'];
const model = join(folder ?? '', 'smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf');
const isThere = folder !== undefined && existsSync(model);
const PATIENCE = 300_000; // ms, for a machine without the native backend

describe('llm chat with SmolLM2', () => {
  if (!isThere) {
    it('is tested wherever all must be', ({ skip }) => {
      expect(process.env['CI'], `set LLM_MODELS to a folder with ${model}`).not.toBe('true');
      skip('LLM_MODELS names no folder with smollm2-135m-instruct');
    });
    return;
  }

  it(
    'understands a question that only the one before explains',
    async () => {
      const questions = 'What is the capital of France?\nAnd of Italy?\n';
      const { code, stdout } = await llmFed(
        Readable.from([questions]),
        ...['chat', '--model', model, '--greedy', '--max-new-tokens', '20'],
      );
      expect([code, stdout]).toEqual([
        0,
        'The capital of France is Paris.\nThe capital of Italy is Rome.\n',
      ]);
    },
    PATIENCE,
  );
});
