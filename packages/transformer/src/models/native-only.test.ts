// On the native backend no operation of a training or decoding step runs in JavaScript.
import {
  adamWStep,
  crossEntropy,
  globalNorm,
  kernelStats,
  resetKernelStats,
  scope,
  tf,
  useBackend,
  valueAndGrads,
} from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { createSeq2Seq } from '../checkpoint/seq2seq-checkpoint.ts';
import { generate } from '../generation/generate.ts';
import type { CausalLm } from './causal-lm.ts';
import { createModel } from './create-model.ts';

const GPT2 = {
  modelType: 'gpt2',
  vocabSize: 61,
  nEmbd: 24,
  nLayer: 2,
  nHead: 3,
  nPositions: 32,
  attnPdrop: 0.1,
  embdPdrop: 0.1,
  residPdrop: 0.1,
} as const;
const LLAMA = {
  modelType: 'llama',
  vocabSize: 61,
  hiddenSize: 24,
  intermediateSize: 40,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 32,
} as const;

/** [2, 9] ids and labels, the last two labels of the second row left out. */
function batch(): { ids: tf.Tensor2D; labels: tf.Tensor2D } {
  const ids = Int32Array.from({ length: 18 }, (_, i) => (i * 7) % 61);
  const labels = ids.map((id, i) => (i >= 16 ? -100 : (id + 1) % 61));
  return { ids: tf.tensor2d(ids, [2, 9]), labels: tf.tensor2d(labels, [2, 9]) };
}

function trainingStep(model: CausalLm, step: number): void {
  const params = model.parameters();
  const zeros = () => params.map((p) => tf.variable(tf.zerosLike(p)));
  const [mu, nu] = [zeros(), zeros()];
  scope(() => {
    const { ids, labels } = batch();
    const { grads } = valueAndGrads(() => crossEntropy(model.forward(ids), labels), params);
    const norm = globalNorm(grads).dataSync()[0]!;
    const options = { step, learningRate: 1e-3, b1: 0.9, b2: 0.999, eps: 1e-8, weightDecay: 0.01 };
    adamWStep({ params, grads, mu, nu }, { ...options, gradScale: Math.min(1, 1 / norm) });
  });
  tf.dispose([...mu, ...nu]);
}

describe.each([
  ['GPT-2', GPT2],
  ['Llama', LLAMA],
])('%s on native', (_name, config) => {
  let model: CausalLm;

  beforeAll(async () => {
    await useBackend('native');
    model = createModel(config, { seed: 1 });
  });

  it('trains without a JavaScript kernel', () => {
    model.train();
    resetKernelStats();
    trainingStep(model, 1);
    expect(kernelStats().fallback).toEqual({});
    expect(kernelStats().native['AdamWStep']).toBe(1);
  });

  it('decodes without a JavaScript kernel', async () => {
    model.eval();
    resetKernelStats();
    await generate(model, [[5, 6, 7], [8]], { maxNewTokens: 4 });
    await generate(model, [5, 6, 7], {
      maxNewTokens: 4,
      temperature: 0.8,
      topK: 10,
      topP: 0.9,
      seed: 3,
    });
    expect(kernelStats().fallback).toEqual({});
    expect(Object.values(kernelStats().native).length).toBeGreaterThan(5);
  });
});

it('trains T5 without a JavaScript kernel, its relative positions too', async () => {
  await useBackend('native');
  const config = {
    modelType: 't5',
    vocabSize: 61,
    dModel: 24,
    dFf: 40,
    dKv: 8,
    numHeads: 3,
    numLayers: 2,
  };
  const model = createSeq2Seq(config, { seed: 1 });
  resetKernelStats();
  scope(() => {
    const { ids, labels } = batch();
    const loss = () => crossEntropy(model.forward(ids, ids), labels);
    const { grads } = valueAndGrads(loss, model.parameters());
    expect(grads.every((grad) => tf.sum(tf.abs(grad)).dataSync()[0]! > 0)).toBe(true);
  });
  expect(kernelStats().fallback).toEqual({});
  expect(kernelStats().native['BiasedAttentionGrad']).toBeGreaterThan(0);
  model.dispose();
});
