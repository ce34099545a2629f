// `llm embed` on all-MiniLM-L6-v2, from text to vectors, beside Transformers' (the fixture's script is
// tools/fixtures/minilm_embeddings.py). Needs the folder of models in LLM_MODELS.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { llmJson } from '../test/run-llm.ts';

interface Row {
  readonly text: string;
  readonly embedding: number[];
}

const url = new URL(
  '../../../../../packages/transformer/fixtures/minilm-embeddings.json',
  import.meta.url,
);
const { rows } = JSON.parse(readFileSync(url, 'utf8')) as { rows: Row[] };
const folder = process.env['LLM_MODELS'];
const model = join(folder ?? '', 'all-minilm-l6-v2');
const isThere = folder !== undefined && existsSync(model);
const PATIENCE = 300_000; // ms, for a machine without the native backend

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0);

describe('llm embed on MiniLM', () => {
  if (!isThere) {
    it('is tested wherever all must be', ({ skip }) => {
      expect(process.env['CI'], `set LLM_MODELS to a folder with ${model}`).not.toBe('true');
      skip('LLM_MODELS names no folder with all-minilm-l6-v2');
    });
    return;
  }

  it(
    'gives the vectors of Transformers, cosine above 0.99999',
    async () => {
      const texts = rows.flatMap(({ text }) => ['--text', text]);
      const { embeddings } = await llmJson<{ embeddings: number[][] }>(
        ...['embed', '--model', model, ...texts],
      );
      expect(embeddings).toHaveLength(rows.length);
      for (const [i, { text, embedding }] of rows.entries()) {
        const got = embeddings[i]!;
        const cosine = dot(embedding, got) / Math.sqrt(dot(got, got) * dot(embedding, embedding));
        expect(cosine, text).toBeGreaterThan(0.99999);
      }
    },
    PATIENCE,
  );
});
