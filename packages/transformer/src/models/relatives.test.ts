// Llama's relatives and GPT-NeoX against Transformers, on tiny random checkpoints
// (tools/fixtures/transformer_models_more.py).
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crossEntropy, tf, useBackend, type Tensor } from '@llm/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutOf } from '../checkpoint/layout.ts';
import { loadModel } from '../checkpoint/load-model.ts';
import { saveModel } from '../checkpoint/save-model.ts';
import { generate } from '../generation/generate.ts';
import type { CausalLm } from './causal-lm.ts';
import { createModel } from './create-model.ts';
import { parseConfig, type ModelConfigInput } from '../config/config.ts';
import { expectGradients, fixture, largestDifference, readExpected } from './reference-fixture.ts';

const NAMES = [
  'mistral-tiny',
  'qwen2-tiny',
  'qwen3-tiny',
  'smollm3-tiny',
  'gemma2-tiny',
  'gemma3-tiny',
  'phi3-tiny',
  'gpt-neox-tiny',
  'mixtral-tiny',
  'qwen3-moe-tiny',
];

beforeAll(() => useBackend('cpu'));

describe.each(NAMES)('%s', (name) => {
  let model: CausalLm;
  let tensors: Map<string, Tensor>;
  const expected = (key: string): Tensor => tensors.get(key)!;

  beforeAll(async () => {
    model = await loadModel(fixture(name));
    tensors = await readExpected(name);
  });

  afterAll(() => {
    model.dispose();
    tf.dispose([...tensors.values()]);
  });

  it('gives the logits', () => {
    const logits = model.forward(expected('ids'));
    expect(largestDifference(logits, expected('logits'))).toBeLessThan(1e-4);
  });

  it('gives the loss and the gradient of every parameter', () => {
    const loss = (): Tensor => crossEntropy(model.forward(expected('ids')), expected('labels'));
    expectGradients(model, loss, { tensors, key: layoutOf(model.config).key });
  });

  it('gives the logits of left-padded rows where they hold tokens', () => {
    const attentionMask = expected('paddedMask');
    const logits = model.forward(expected('paddedIds'), { attentionMask });
    const tokens = tf.expandDims(attentionMask, 2); // [B, T, 1]
    const wanted = tf.mul(expected('paddedLogits'), tokens);
    expect(largestDifference(tf.mul(logits, tokens), wanted)).toBeLessThan(1e-4);
  });

  it('gives the greedy continuation, with a cache', async () => {
    const prompts = expected('prompt').arraySync() as number[][];
    const wanted = expected('greedy').arraySync() as number[][];
    const count = wanted[0]!.length;
    const { sequences } = await generate(model, prompts, {
      maxNewTokens: count,
      minNewTokens: count,
    });
    expect(sequences).toEqual(wanted);
  });

  it('is saved as the same tensors and a configuration that reads the same', async () => {
    const folder = await mkdtemp(join(process.env['LLM_SAVED'] ?? tmpdir(), `${name}-`));
    try {
      await saveModel(model, folder);
      const again = await loadModel(folder);
      const logits = again.forward(expected('ids'));
      expect(largestDifference(logits, expected('logits'))).toBeLessThan(1e-4);
      expect(again.config).toEqual(parseConfig(await readJson(join(folder, 'config.json'))));
      again.dispose();
    } finally {
      if (process.env['LLM_SAVED'] === undefined) await rm(folder, { recursive: true });
    }
  });
});

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'));

describe('createModel', () => {
  it.each(['gemma', 'gemma2', 'mistral', 'qwen3_moe'] as const)(
    'makes a random %s',
    (modelType) => {
      const input: ModelConfigInput = {
        modelType,
        vocabSize: 19,
        hiddenSize: 8,
        intermediateSize: 12,
        numHiddenLayers: 2,
        numAttentionHeads: 2,
        numKeyValueHeads: 1,
        headDim: 4,
        numExperts: 3,
        numExpertsPerTok: 2,
        moeIntermediateSize: 6,
      };
      const model = createModel(input, { seed: 3 });
      const logits = model.forward(tf.tensor2d([[1, 2, 3]], [1, 3], 'int32'));
      expect(logits.shape).toEqual([1, 3, 19]);
      expect(logits.dataSync().every(Number.isFinite)).toBe(true);
      const again = createModel(model.config, { seed: 3 }); // as a frozen reference is made
      expect(again.config).toEqual(model.config);
      expect(again.forward(tf.tensor2d([[1, 2, 3]], [1, 3], 'int32')).arraySync()).toEqual(
        logits.arraySync(),
      );
      for (const module of [model, again]) module.dispose();
    },
  );
});
