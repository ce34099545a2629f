// all-MiniLM-L6-v2 as published: its sentence embeddings beside Transformers'
// (tools/fixtures/minilm_embeddings.py). Needs the folder of models in LLM_MODELS.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useBackend } from '@llm/tensor';
import { describe, expect, it } from 'vitest';
import { loadEncoder } from '../../checkpoint/encoder-checkpoint.ts';
import { embed } from '../../heads/sentence-embedding.ts';

interface Row {
  readonly text: string;
  readonly ids: number[];
  readonly embedding: number[];
}

const url = new URL('../../../fixtures/minilm-embeddings.json', import.meta.url);
const { rows } = JSON.parse(readFileSync(url, 'utf8')) as { rows: Row[] };
const folder = join(process.env['LLM_MODELS'] ?? '', 'all-minilm-l6-v2');
const isThere = process.env['LLM_MODELS'] !== undefined && existsSync(folder);
const PATIENCE = 600_000; // ms, for a machine without the native backend

describe.skipIf(isThere)('MiniLM', () => {
  it('is tested wherever all must be', ({ skip }) => {
    expect(process.env['CI'], `set LLM_MODELS to a folder with ${folder}`).not.toBe('true');
    skip('LLM_MODELS names no folder with all-minilm-l6-v2');
  });
});

describe.runIf(isThere)('MiniLM', () => {
  it(
    'gives embeddings whose cosine with the reference is above 0.99999',
    async () => {
      await useBackend();
      const model = await loadEncoder(folder);
      const vectors = await embed(
        model,
        rows.map(({ ids }) => ids),
        { batchSize: 3 },
      );
      for (const [i, { text, embedding }] of rows.entries()) {
        const cosine = embedding.reduce((sum, x, j) => sum + x * vectors[i]![j]!, 0);
        expect(cosine, text).toBeGreaterThan(0.99999);
      }
      model.dispose();
    },
    PATIENCE,
  );
});
