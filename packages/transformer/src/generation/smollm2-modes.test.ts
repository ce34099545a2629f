// Beams and penalties on the real SmolLM2-135M-Instruct beside Transformers (tools/fixtures/smollm2_modes.py).
// Needs the folder of models in LLM_MODELS, and native speed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { useBackend } from '@llm/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../checkpoint/load-model.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { generate } from './generate.ts';
import type { GenerateOptions } from './options.ts';

interface Fixture {
  readonly model: string;
  readonly maxNewTokens: number;
  readonly prompts: readonly { readonly kind: string; readonly ids: number[] }[];
  readonly results: readonly {
    readonly options: Partial<GenerateOptions>;
    /** For each prompt its texts, best first; the score is that of a beam. */
    readonly rows: readonly (readonly { readonly tokens: number[]; readonly score?: number }[])[];
  }[];
}

const url = new URL('../../fixtures/smollm2-modes.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as Fixture;
const folder = process.env['LLM_MODELS'];
const path = join(folder ?? '', 'smollm2-135m-instruct', fixture.model);
const PATIENCE = 600_000; // ms, for a machine without the native backend
const isThere = folder !== undefined && existsSync(path);

const cases = fixture.results.flatMap(({ options, rows }) =>
  fixture.prompts.map(({ kind, ids }, i) => ({
    ...{ name: `${kind}, ${JSON.stringify(options)}`, ids, options, expected: rows[i]! },
  })),
);

describe.skipIf(isThere)('SmolLM2 with beams and penalties', () => {
  it('is tested wherever all must be', ({ skip }) => {
    expect(process.env['CI'], `set LLM_MODELS to a folder with ${path}`).not.toBe('true');
    skip('LLM_MODELS names no folder with smollm2-135m-instruct');
  });
});

describe.runIf(isThere)('SmolLM2 with beams and penalties', () => {
  let model: CausalLm;

  beforeAll(async () => {
    await useBackend(undefined, { threads: 1 }); // the same bits, and steady beside other work
    model = await loadModel(path);
  });

  afterAll(() => model.dispose());

  it.each(cases)(
    'writes what Transformers writes: $name',
    async ({ ids, options, expected }) => {
      const { maxNewTokens } = fixture;
      const { sequences, scores } = await generate(model, ids, { maxNewTokens, ...options });
      expect(sequences).toEqual(expected.map(({ tokens }) => tokens));
      expected.forEach(({ score }, i) => {
        if (score !== undefined) expect(scores![i]).toBeCloseTo(score, 3);
      });
    },
    PATIENCE,
  );
});
