// What `meta` counts is what `native` holds: the same step, measured on both.
import {
  adamWStep,
  crossEntropy,
  memoryStats,
  resetPeakMemory,
  scope,
  setActivationStorage,
  tf,
  useBackend,
  valueAndGrads,
} from '@llm/tensor';
import { createModel } from '@llm/transformer';
import { describe, expect, it } from 'vitest';
import { inferenceMemory } from '../inference.ts';
import { partBytes } from '../breakdown.ts';
import { measureInference } from './measure-inference.ts';
import { measureTrainingStep } from './measure-training.ts';

const GPT2 = {
  modelType: 'gpt2',
  vocabSize: 300,
  nPositions: 64,
  nEmbd: 48,
  nLayer: 3,
  nHead: 4,
  residPdrop: 0.1,
} as const;
const LLAMA = {
  modelType: 'llama',
  vocabSize: 300,
  hiddenSize: 48,
  intermediateSize: 100,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
} as const;
const LLAMA_7B = {
  modelType: 'llama',
  vocabSize: 32000,
  hiddenSize: 4096,
  intermediateSize: 11008,
  numHiddenLayers: 32,
  numAttentionHeads: 32,
  numKeyValueHeads: 32,
} as const;
const [B, T] = [4, 32];

const batch = () => ({
  inputIds: tf.zeros([B, T], 'int32'),
  labels: tf.zeros([B, T], 'int32'),
});
type Config = typeof GPT2 | typeof LLAMA;
const program = (config: Config) => ({
  model: () => createModel(config, { seed: 1 }),
  batch,
  loss: (model: ReturnType<typeof createModel>, { inputIds, labels }: ReturnType<typeof batch>) =>
    crossEntropy(model.forward(inputIds), labels),
});

/** The same step on `native`, by its own allocator's count. */
async function peakOnNative(config: Config): Promise<number> {
  await useBackend('native');
  const before = memoryStats().liveBytes;
  const { model: create, loss } = program(config);
  const model = create();
  const inputs = batch();
  const params = model.trainableParameters();
  const moments = () => scope(() => params.map((p) => tf.variable(tf.zerosLike(p), false)));
  const [mu, nu] = [moments(), moments()];
  resetPeakMemory();
  scope(() => {
    const { grads } = valueAndGrads(() => loss(model, inputs), params);
    const options = { step: 1, learningRate: 0, b1: 0.9, b2: 0.9, eps: 1e-8, weightDecay: 0 };
    adamWStep({ params, grads, mu, nu }, options);
  });
  const { peakBytes } = memoryStats();
  tf.dispose([...mu, ...nu, inputs.inputIds, inputs.labels]);
  model.dispose();
  return peakBytes - before;
}

describe('measureTrainingStep', () => {
  it.each([GPT2, LLAMA])('counts what native holds, $modelType', async (config) => {
    const native = await peakOnNative(config);
    const measured = await measureTrainingStep(program(config));
    expect(measured.totalBytes).toBe(native);
    expect(tf.getBackend()).toBe('native');
  });

  it('counts activations kept in bfloat16, too', async () => {
    const whole = await measureTrainingStep(program(LLAMA));
    setActivationStorage('bfloat16');
    try {
      const half = await measureTrainingStep(program(LLAMA));
      expect(half.totalBytes).toBe(await peakOnNative(LLAMA));
      expect(half.totalBytes).toBeLessThan(whole.totalBytes);
    } finally {
      setActivationStorage('float32');
    }
  });

  it('says what the bytes are for', async () => {
    const measured = await measureTrainingStep(program(LLAMA));
    const bytes = (name: string) => partBytes(measured, name);
    expect(bytes('weights')).toBeGreaterThanOrEqual(4 * measured.parameters);
    expect(bytes('optimizerState')).toBe(8 * measured.parameters);
    expect(bytes('inputs')).toBe(2 * 4 * B * T);
    expect(bytes('activations')).toBeGreaterThan(0);
    const frozen = await measureTrainingStep({
      ...program(LLAMA),
      model: () => {
        const model = createModel(LLAMA, { seed: 1 });
        model.freeze();
        model.getModule('model.norm').unfreeze();
        return model;
      },
    });
    expect(partBytes(frozen, 'optimizerState')).toBe(8 * LLAMA.hiddenSize);
    expect(frozen.totalBytes).toBeLessThan(measured.totalBytes);
  });

  it.each([GPT2, LLAMA])('leaves nothing behind, $modelType', async (config) => {
    await useBackend('meta');
    const before = memoryStats();
    await measureTrainingStep(program(config));
    expect(memoryStats().liveBytes).toBe(before.liveBytes);
    expect(memoryStats().liveTensors).toBe(before.liveTensors);
  });
});

describe('measureInference', () => {
  it('agrees with the formulas for a model of 7 billion parameters', async () => {
    const contextLength = 4096;
    const measured = await measureInference({
      model: () => createModel(LLAMA_7B, { seed: 1 }),
      batch: () => tf.zeros([1, 1], 'int32'),
      cache: (model) => model.createCache(1, contextLength),
      run: (model, inputIds, kvCache) => model.forward(inputIds, { kvCache }),
    });
    const formula = inferenceMemory(
      { model_type: 'llama', ...snakeCase(LLAMA_7B) },
      { contextLength, weightType: 'F32', kvType: 'F32', activationType: 'F32', prefillTokens: 1 },
    );
    expect(measured.parameters).toBe(formula.parameters);
    expect(partBytes(measured, 'kvCache')).toBe(partBytes(formula, 'kvCache'));
    const weights = partBytes(measured, 'weights') / partBytes(formula, 'weights');
    expect(weights).toBeCloseTo(1, 3); // and the rotary tables
  });
});

function snakeCase(config: object): Record<string, unknown> {
  const snake = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [snake(key), value]));
}
