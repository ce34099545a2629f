// On the native backend no way of writing runs an operation in JavaScript, and each writes what it writes on
// the reference backend.
import { kernelStats, resetKernelStats, useBackend } from '@llm/tensor';
import { describe, expect, it } from 'vitest';
import type { CausalLm } from '../models/causal-lm.ts';
import { createModel } from '../models/create-model.ts';
import { ContinuousBatcher } from './batching/continuous-batcher.ts';
import { generate } from './generate.ts';
import type { GenerateOptions } from './options.ts';

const CONFIG = {
  modelType: 'mistral',
  vocabSize: 61,
  hiddenSize: 24,
  intermediateSize: 40,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  slidingWindow: 5,
  initializerRange: 0.3,
} as const;

const PROMPTS = [[1, 2, 3], [4], [9, 9, 1, 2]];
const greedy: GenerateOptions = { maxNewTokens: 30, stopTokens: [] };

const MODES: [string, Partial<GenerateOptions>][] = [
  ['sliding cache', { cache: 'sliding' }],
  ['full cache', {}],
  ['8-bit cache', { cache: 'int8' }],
  ['sampling', { temperature: 1, numReturnSequences: 2, topK: 20 }],
  ['beams', { numBeams: 3, numReturnSequences: 2 }],
  ['contrastive search', { penaltyAlpha: 0.5, topK: 3 }],
  ['prompt look-up', { promptLookup: {} }],
  ['guidance', { guidanceScale: 2 }],
];

async function run<T>(backend: 'cpu' | 'native', use: (model: CausalLm) => Promise<T>): Promise<T> {
  await useBackend(backend);
  const model = createModel(CONFIG, { seed: 1 });
  model.eval();
  resetKernelStats();
  try {
    return await use(model);
  } finally {
    model.dispose();
  }
}

describe('generation on the native backend', () => {
  it.each(MODES)('%s', async (_, mode) => {
    const write = (model: CausalLm) => generate(model, PROMPTS, { ...greedy, ...mode });
    const expected = await run('cpu', write);
    const got = await run('native', write);
    expect(kernelStats().fallback).toEqual({});
    expect(got.sequences).toEqual(expected.sequences);
  });

  it('continuous batching', async () => {
    const write = async (model: CausalLm): Promise<(readonly number[])[]> => {
      const batcher = new ContinuousBatcher(model, { blockSize: 4, blocks: 40 });
      const requests = PROMPTS.map((prompt) => batcher.submit(prompt, greedy));
      const results = await Promise.all(requests.map(({ result }) => result));
      await batcher.dispose();
      return results.map(({ tokens }) => tokens);
    };
    const expected = await run('cpu', write);
    const got = await run('native', write);
    expect(kernelStats().fallback).toEqual({});
    expect(got).toEqual(expected);
  });
});
