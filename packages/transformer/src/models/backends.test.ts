// The same model on every backend: the same losses, and on `native` nothing left to JavaScript.
import {
  adamWStep,
  crossEntropy,
  globalNorm,
  inspectBackends,
  kernelStats,
  resetKernelStats,
  scope,
  tf,
  useBackend,
  valueAndGrads,
  type BackendName,
  type Variable,
} from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../generation/generate.ts';
import type { CausalLm } from './causal-lm.ts';
import { createModel } from './create-model.ts';

const GPT2 = {
  modelType: 'gpt2',
  vocabSize: 37,
  nPositions: 16,
  nEmbd: 24,
  nLayer: 2,
  nHead: 3,
} as const;
const LLAMA = {
  modelType: 'llama',
  vocabSize: 37,
  hiddenSize: 24,
  intermediateSize: 40,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
} as const;
const rungs = await inspectBackends();
const MODELS = [
  ['GPT-2', GPT2],
  ['Llama', LLAMA],
] as const;
const [B, T, STEPS] = [3, 9, 20];
// TensorFlow's bindings where tools/tfjs-node has built one; a process can hold only one of the two.
const peers = (['tfjs-node-gpu', 'tfjs-node'] as const).filter((name) =>
  rungs.some(({ backend, status }) => backend === name && status === 'available'),
);
const OTHERS: readonly BackendName[] = ['native', 'wasm', ...peers.slice(0, 1)];

/** Token i of the corpus: each is decided by the one before, but for a small disturbance. */
function corpus(step: number): Int32Array {
  return Int32Array.from({ length: B * (T + 1) }, (_, i) => (7 * i + step + (i % 3) * 5) % 37);
}

/** One optimizer step; the loss before it. */
function trainingStep(model: CausalLm, step: number, moments: [Variable[], Variable[]]): number {
  return scope(() => {
    const params = model.trainableParameters();
    const tokens = tf.tensor2d(corpus(step), [B, T + 1], 'int32');
    const inputIds = tf.slice(tokens, [0, 0], [B, T]);
    const labels = tf.slice(tokens, [0, 1], [B, T]);
    const loss = () => crossEntropy(model.forward(inputIds), labels);
    const { value, grads } = valueAndGrads(loss, params);
    const gradScale = 1 / Math.max(1, globalNorm(grads).dataSync()[0]!);
    const [mu, nu] = moments;
    const options = { learningRate: 1e-2, b1: 0.9, b2: 0.99, eps: 1e-8, weightDecay: 0.1 };
    adamWStep({ params, grads, mu, nu }, { step: step + 1, gradScale, ...options });
    return value.dataSync()[0]!;
  });
}

function zerosLike(params: readonly Variable[]): Variable[] {
  return params.map((param) => tf.variable(tf.zerosLike(param), false));
}

function lossesOf(config: typeof GPT2 | typeof LLAMA, steps: number, rate = 0): number[] {
  const dropout = { residPdrop: rate, embdPdrop: rate, attnPdrop: rate, attentionDropout: rate };
  const model = createModel({ ...config, ...dropout, initializerRange: 0.1 }, { seed: 5 });
  const params = model.trainableParameters();
  const moments: [Variable[], Variable[]] = [zerosLike(params), zerosLike(params)];
  const losses = Array.from({ length: steps }, (_, step) => trainingStep(model, step, moments));
  tf.dispose(moments.flat());
  model.dispose();
  return losses;
}

describe.each(MODELS)('%s', (_, config) => {
  let reference: number[];
  beforeAll(async () => {
    await useBackend('cpu');
    reference = lossesOf(config, STEPS);
  });

  it('learns', () => {
    expect(reference.at(-1)).toBeLessThan(0.85 * reference[0]!);
  });

  it.each(OTHERS)('loses what it loses on cpu, on %s', async (backend) => {
    await useBackend(backend, { requireGpu: false });
    const losses = lossesOf(config, STEPS);
    for (const [step, loss] of losses.entries())
      expect(Math.abs(loss - reference[step]!), `step ${step}`).toBeLessThan(1e-4);
  });

  it.each([0, 0.1])('trains on native without JavaScript kernels, dropout %d', async (rate) => {
    await useBackend('native');
    resetKernelStats();
    lossesOf(config, 2, rate);
    expect(kernelStats().fallback).toEqual({});
    expect(Object.keys(kernelStats().native)).toContain('AdamWStep');
  });

  it('decodes on native without JavaScript kernels', async () => {
    await useBackend('native');
    const model = createModel(config, { seed: 5 }).eval();
    resetKernelStats();
    await generate(model, [[3, 4, 5], [6]], { maxNewTokens: 4 });
    expect(kernelStats().fallback).toEqual({});
    expect(Object.keys(kernelStats().native)).toContain('KvCacheWrite');
    model.dispose();
  });
});
