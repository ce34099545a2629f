import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../generation/generate.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { createModel } from '../models/create-model.ts';
import { PromptCache } from './prompt-cache.ts';

const CONFIG = {
  modelType: 'llama',
  vocabSize: 29,
  hiddenSize: 16,
  intermediateSize: 20,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  initializerRange: 0.4,
} as const;

/** Counts the tokens that go through the model. */
function countingModel(): { model: CausalLm; tokensRead: () => number } {
  const model = createModel(CONFIG, { seed: 7 });
  model.eval();
  let read = 0;
  const hiddenStates = model.hiddenStates.bind(model);
  model.hiddenStates = (ids, options) => ((read += ids.size), hiddenStates(ids, options));
  return { model, tokensRead: () => read };
}

const SYSTEM = Array.from({ length: 20 }, (_, i) => (i * 11 + 3) % 29);
const options = { maxNewTokens: 6, stopTokens: [] };

beforeAll(() => useBackend('cpu'));

describe('PromptCache', () => {
  it('reads only what is new of a second turn, and gives the same text', async () => {
    const { model, tokensRead } = countingModel();
    const promptCache = new PromptCache(model);
    const first = await generate(model, SYSTEM, { ...options, promptCache });
    expect(first.sequences).toEqual((await generate(model, SYSTEM, options)).sequences);
    const turn = [...SYSTEM, ...first.sequences[0]!, 5, 9, 2];
    const expected = await generate(model, turn, options);
    const before = tokensRead();
    const second = await generate(model, turn, { ...options, promptCache });
    // the last token of the first answer and the three new ones, then five of the six new tokens
    expect(tokensRead() - before).toBe(4 + 5);
    expect(second.sequences).toEqual(expected.sequences);
    promptCache.dispose();
  });

  it('serves several texts, sampled as without it, and a prompt that it knows whole', async () => {
    const { model, tokensRead } = countingModel();
    const promptCache = new PromptCache(model);
    const sampled = { ...options, temperature: 1, numReturnSequences: 3, seed: 4 };
    const expected = await generate(model, SYSTEM, sampled);
    await generate(model, SYSTEM, { ...sampled, promptCache });
    const before = tokensRead();
    const again = await generate(model, SYSTEM, { ...sampled, promptCache });
    expect(again.sequences).toEqual(expected.sequences);
    expect(tokensRead() - before).toBe(1 + 3 * 5); // the prompt's last token, then three rows
    promptCache.dispose();
  });

  it('forgets the text used longest ago beyond maxTokens, and frees everything', async () => {
    const { model, tokensRead } = countingModel();
    await generate(model, SYSTEM, options);
    const tensors = tf.memory().numTensors;
    const promptCache = new PromptCache(model, { maxTokens: 60 });
    const other = SYSTEM.map((id) => (id + 1) % 29);
    const third = SYSTEM.map((id) => (id + 2) % 29);
    for (const prompt of [SYSTEM, other, SYSTEM, third])
      // 25 positions each: two fit
      await generate(model, prompt, { ...options, promptCache });
    expect(promptCache.tokens).toBeLessThanOrEqual(60);
    const readFor = async (prompt: number[]): Promise<number> => {
      const before = tokensRead();
      await generate(model, prompt, { ...options, maxNewTokens: 1, promptCache });
      return tokensRead() - before;
    };
    expect(await readFor(SYSTEM)).toBe(1);
    expect(await readFor(other)).toBe(20);
    promptCache.dispose();
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
