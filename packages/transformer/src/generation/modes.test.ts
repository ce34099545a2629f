// Guidance against Transformers and contrastive search against its formula (tools/fixtures/generation_modes.py).
import { readFileSync } from 'node:fs';
import { tf, useBackend } from '@llm/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../checkpoint/load-model.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { fixture } from '../models/reference-fixture.ts';
import { generate } from './generate.ts';
import type { GenerateOptions } from './options.ts';

const file = JSON.parse(readFileSync(fixture('generation-modes.json'), 'utf8')) as {
  readonly prompts: number[][];
  readonly maxNewTokens: number;
  readonly results: readonly {
    readonly model: string;
    readonly options: Partial<GenerateOptions>;
    readonly rows: number[][];
  }[];
};

beforeAll(() => useBackend('cpu'));

describe.each([...new Set(file.results.map(({ model }) => model))])('%s', (name) => {
  let model: CausalLm;
  beforeAll(async () => {
    model = await loadModel(fixture(name));
  });
  afterAll(() => model.dispose());

  const own = file.results.filter((result) => result.model === name);
  it.each(own.map((result) => [JSON.stringify(result.options), result] as const))(
    'writes the reference with %s, and leaves no tensor behind',
    async (_, { options, rows }) => {
      const common = { maxNewTokens: file.maxNewTokens, stopTokens: [] };
      await generate(model, file.prompts, common);
      const before = tf.memory().numTensors;
      const { sequences } = await generate(model, file.prompts, { ...common, ...options });
      expect(sequences).toEqual(rows);
      expect(tf.memory().numTensors).toBe(before);
    },
  );
});
