// Decoding by a captured step writes what the plain loop writes, for every kind of decoder; and it is captured
// where it can be.
import { kernelStats, memoryStats, resetKernelStats, tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfigInput } from '../config/config.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { createModel } from '../models/create-model.ts';
import { ContinuousBatcher } from './batching/continuous-batcher.ts';
import { generate } from './generate.ts';

const sizes = {
  vocabSize: 31,
  hiddenSize: 16,
  intermediateSize: 24,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  initializerRange: 0.4,
};

/** Whether the step can be captured: experts are chosen by what is computed. */
const FAMILIES: readonly (readonly [string, ModelConfigInput, boolean])[] = [
  [
    'gpt2',
    {
      modelType: 'gpt2',
      vocabSize: 31,
      nPositions: 64,
      nEmbd: 12,
      nLayer: 2,
      nHead: 3,
      initializerRange: 0.4,
    },
    true,
  ],
  ['llama', { modelType: 'llama', ...sizes }, true],
  [
    'mistral with a window that is passed',
    { modelType: 'mistral', ...sizes, slidingWindow: 8 },
    true,
  ],
  ['qwen3', { modelType: 'qwen3', ...sizes, headDim: 4 }, true],
  ['gemma2', { modelType: 'gemma2', ...sizes, headDim: 4, slidingWindow: 8 }, true],
  ['gpt_neox', { modelType: 'gpt_neox', ...sizes, hiddenSize: 32 }, true],
  ['mixtral', { modelType: 'mixtral', ...sizes, numLocalExperts: 4, numExpertsPerTok: 2 }, false],
].map(
  ([name, config, isCaptured]) => [name, config as ModelConfigInput, isCaptured] as const,
) as never;

const STEPS = 24;
const PROMPTS = [[5, 9, 2, 17, 8], [3], [11, 4, 4]];

/** No cache, no padding, the whole text read again for every token. */
function naiveGreedy(model: CausalLm, prompt: readonly number[]): number[] {
  const ids = [...prompt];
  while (ids.length < prompt.length + STEPS) {
    const token = tf.tidy(() => {
      const logits = model.forward(tf.tensor2d(ids, [1, ids.length], 'int32')); // [1, T, V]
      const last = tf.slice(logits, [0, ids.length - 1, 0], [1, 1, -1]);
      return tf.argMax(tf.reshape(last, [-1])).dataSync()[0]!;
    });
    ids.push(token);
  }
  return ids.slice(prompt.length);
}

describe.each(FAMILIES)('a captured step of %s', (_, config, isCaptured) => {
  let model: CausalLm;
  beforeAll(async () => {
    await useBackend('native', { threads: 2 });
    model = createModel(config, { seed: 7 });
    model.eval();
  });

  it('writes what the naive loop writes', async () => {
    for (const prompt of PROMPTS) {
      const { sequences } = await generate(model, prompt, { maxNewTokens: STEPS, stopTokens: [] });
      expect(sequences[0]).toEqual(naiveGreedy(model, prompt));
    }
  });

  it('writes for each row of a padded batch what it writes alone', async () => {
    const options = { maxNewTokens: STEPS, stopTokens: [] };
    const { sequences } = await generate(model, PROMPTS, options);
    expect(sequences).toEqual(PROMPTS.map((prompt) => naiveGreedy(model, prompt)));
  });

  it(isCaptured ? 'is recorded' : 'is computed plainly', async () => {
    resetKernelStats();
    await generate(model, PROMPTS[0]!, { maxNewTokens: STEPS, stopTokens: [] });
    const attentions = kernelStats().native['Attention']!;
    // the prompt and two or three recordings, in each of two layers
    if (isCaptured) expect(attentions).toBeLessThanOrEqual(2 * 7);
    else expect(attentions).toBeGreaterThanOrEqual(2 * STEPS);
  });

  it('leaves nothing behind', async () => {
    const before = [tf.memory().numTensors, memoryStats().liveBytes];
    await generate(model, PROMPTS, { maxNewTokens: STEPS, stopTokens: [] });
    const options = { maxNewTokens: STEPS, stopTokens: [], numReturnSequences: 2, temperature: 1 };
    await generate(model, PROMPTS[0]!, { ...options, numBeams: 1 });
    expect([tf.memory().numTensors, memoryStats().liveBytes]).toEqual(before);
  });
});

describe('captured steps of other caches', () => {
  let model: CausalLm;
  beforeAll(async () => {
    await useBackend('native', { threads: 2 });
    model = createModel({ modelType: 'llama', ...sizes }, { seed: 7 });
    model.eval();
  });

  it.each(['int8', 'int4'] as const)('attend to packed rows: %s', async (cache) => {
    resetKernelStats();
    await generate(model, PROMPTS, { maxNewTokens: STEPS, stopTokens: [], cache });
    expect(kernelStats().native['CacheAttention']).toBeLessThanOrEqual(2 * 7);
    expect(kernelStats().fallback).toEqual({});
  });

  it('serve whichever requests there are, each with the text it has alone', async () => {
    const batcher = new ContinuousBatcher(model, { blockSize: 4, blocks: 60 });
    const submit = (prompt: readonly number[], maxNewTokens: number) =>
      batcher.submit(prompt, { maxNewTokens, stopTokens: [] });
    resetKernelStats();
    // Two of three end early; a fourth joins the third: two texts again, but others.
    const [first, second, third] = [
      submit(PROMPTS[0]!, 8),
      submit(PROMPTS[1]!, 8),
      submit(PROMPTS[2]!, STEPS),
    ];
    await Promise.all([first!.result, second!.result]);
    const fourth = submit(PROMPTS[1]!, STEPS);
    const got = await Promise.all([first, second, third, fourth].map((request) => request!.result));
    const naive = PROMPTS.map((prompt) => naiveGreedy(model, prompt));
    const expected = [naive[0]!.slice(0, 8), naive[1]!.slice(0, 8), naive[2], naive[1]];
    expect(got.map(({ tokens }) => tokens)).toEqual(expected);
    // Four prompts; for three, two and one texts two plain steps and two or three recordings; in two layers.
    expect(kernelStats().native['CacheAttention']).toBeLessThanOrEqual(2 * (4 + 3 * 5));
    await batcher.dispose();
  });
});
