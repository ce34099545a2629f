// SmolLM2-135M-Instruct, as its authors published it (a Q4_1 GGUF file): the greedy tokens and the
// last-position logits that Transformers gives in float32 on the dequantised weights
// (tools/fixtures/smollm2_greedy.py). Needs the folder of models in LLM_MODELS, and native speed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { kernelStats, resetKernelStats, tf, useBackend } from '@llm/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../checkpoint/load-model.ts';
import { generate } from '../generation/generate.ts';
import type { CausalLm } from './causal-lm.ts';

interface Fixture {
  readonly model: string;
  readonly sampledIds: number[];
  readonly cases: readonly {
    readonly kind: string;
    readonly ids: number[];
    readonly tokens: number[];
    readonly top: [id: number, logit: number][];
    readonly sampled: number[];
  }[];
}

const url = new URL('../../fixtures/smollm2-greedy.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as Fixture;
const folder = process.env['LLM_MODELS'];
const path = join(folder ?? '', 'smollm2-135m-instruct', fixture.model);
const PATIENCE = 600_000; // ms, for a machine without the native backend
const isThere = folder !== undefined && existsSync(path);

describe.skipIf(isThere)('SmolLM2', () => {
  it('is tested wherever all must be', ({ skip }) => {
    expect(process.env['CI'], `set LLM_MODELS to a folder with ${path}`).not.toBe('true');
    skip('LLM_MODELS names no folder with smollm2-135m-instruct');
  });
});

describe.runIf(isThere)('SmolLM2', () => {
  let model: CausalLm;

  beforeAll(async () => {
    await useBackend(undefined, { threads: 1 }); // the same bits, and steady beside other work
    model = await loadModel(path);
  });

  afterAll(() => model.dispose());

  it.each(fixture.cases)(
    'continues as Transformers does: $kind',
    async ({ ids, tokens }) => {
      const { sequences } = await generate(model, ids, { maxNewTokens: 32 });
      expect(sequences[0]).toEqual(tokens);
    },
    PATIENCE,
  );

  it.each(fixture.cases)('gives the last logits: $kind', ({ ids, top, sampled }) => {
    const logits = tf.tidy(() => {
      const inputIds = tf.tensor2d(ids, [1, ids.length], 'int32');
      const hidden = model.hiddenStates(inputIds); // [1, T, C]
      return model.logits(tf.slice(hidden, [0, ids.length - 1, 0], [1, 1, -1])).dataSync();
    });
    const expected = [...top, ...fixture.sampledIds.map((id, i) => [id, sampled[i]!] as const)];
    for (const [id, logit] of expected) {
      // relative, but absolute below 1: a logit near 0 is a difference of large sums
      const error = Math.abs(logits[id]! - logit) / Math.max(1, Math.abs(logit));
      expect(error, `logit of token ${id}`).toBeLessThan(1e-3);
    }
  });

  it(
    'continues prompts of different lengths together as it does one by one',
    async () => {
      const cases = fixture.cases.filter(({ ids }) => ids.length < 30);
      const prompts = cases.map(({ ids }) => ids);
      const { sequences } = await generate(model, prompts, { maxNewTokens: 32 });
      expect(sequences).toEqual(cases.map(({ tokens }) => tokens));
    },
    PATIENCE,
  );

  it('decodes without a kernel in JavaScript on the native backend', async ({ skip }) => {
    if (tf.getBackend() !== 'native') skip('only the native backend counts its kernels');
    resetKernelStats();
    await generate(model, [fixture.cases[0]!.ids, [1, 2, 3]], { maxNewTokens: 3 });
    expect(kernelStats().fallback).toEqual({});
  });
});
