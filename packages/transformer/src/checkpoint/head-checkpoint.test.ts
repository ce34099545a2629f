import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Generator, tf, useBackend } from '@llm/tensor';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RewardModel } from '../heads/reward-model.ts';
import { createModel } from '../models/create-model.ts';
import { loadRewardModel, loadValueModel, saveHead } from './head-checkpoint.ts';
import { loadModel } from './load-model.ts';

const GPT2 = {
  modelType: 'gpt2',
  vocabSize: 9,
  nPositions: 6,
  nEmbd: 4,
  nLayer: 1,
  nHead: 2,
} as const;
const LLAMA = {
  modelType: 'llama',
  vocabSize: 11,
  hiddenSize: 8,
  intermediateSize: 6,
  numHiddenLayers: 1,
  numAttentionHeads: 2,
  tieWordEmbeddings: false,
} as const;

let folder: string;

beforeAll(() => useBackend('cpu'));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llm-head-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each([GPT2, LLAMA])('a head on $modelType', (config) => {
  const save = async (): Promise<RewardModel> => {
    const generator = new Generator(3);
    const head = new RewardModel(createModel(config, { generator }), { generator });
    head.eval();
    await saveHead(head, folder);
    return head;
  };

  it('gives the same reward after saving and loading', async () => {
    const head = await save();
    const inputIds = tf.tensor2d([[1, 2, 3]], [1, 3], 'int32');
    const again = await loadRewardModel(folder);
    expect(again.forward(inputIds).dataSync()).toEqual(head.forward(inputIds).dataSync());
  });

  it('begins a value model whose last value is the reward', async () => {
    const head = await save();
    const inputIds = tf.tensor2d([[1, 2, 3]], [1, 3], 'int32');
    const values = (await loadValueModel(folder)).forward(inputIds).dataSync();
    expect(values[2]).toBeCloseTo(head.forward(inputIds).dataSync()[0]!, 6);
  });

  it('says in config.json what it is, and is not taken for a language model', async () => {
    await save();
    const json: unknown = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    const name = config.modelType === 'gpt2' ? 'GPT2' : 'Llama';
    expect(json).toMatchObject({ architectures: [`${name}ForSequenceClassification`] });
    await expect(loadModel(folder)).rejects.toThrow('score.weight');
  });
});
