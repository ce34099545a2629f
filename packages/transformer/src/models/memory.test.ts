// Memory of training on native, as the engine counts it: nothing grows over a thousand steps, and with
// checkpoints a layer costs one hidden state.
import {
  adamWStep,
  memoryStats,
  resetPeakMemory,
  scope,
  tf,
  useBackend,
  valueAndGrads,
  type Tensor,
  type Variable,
} from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CausalLm } from './causal-lm.ts';
import { createModel } from './create-model.ts';
import { setGradientCheckpointing } from './run-layer.ts';
import { tokenLoss } from './token-loss.ts';

const gpt2 = (layers: number, width: number, heads: number, vocabulary: number, positions = 1024) =>
  createModel(
    {
      ...{ modelType: 'gpt2', vocabSize: vocabulary, nPositions: positions },
      ...{ nEmbd: width, nLayer: layers, nHead: heads },
      ...{ residPdrop: 0, embdPdrop: 0, attnPdrop: 0 },
    },
    { seed: 1 },
  );

function tokens(batch: number, time: number, vocabulary: number): Tensor {
  const ids = Int32Array.from({ length: batch * time }, (_, i) => (i * 7919 + 13) % vocabulary);
  return tf.tensor2d(ids, [batch, time], 'int32');
}

/** Loss and gradients of one step. */
function gradients(model: CausalLm, ids: Tensor, params: readonly Variable[], breaksAt = '') {
  return valueAndGrads(() => {
    const hidden = model.hiddenStates(ids);
    if (breaksAt === 'loss') throw new Error('on purpose');
    return tokenLoss(model, hidden, ids);
  }, params);
}

/** The most bytes alive during one step beyond those before it. */
function peakOf(model: CausalLm, ids: Tensor): number {
  const params = model.trainableParameters();
  const before = memoryStats().liveBytes;
  resetPeakMemory();
  const { value, grads } = gradients(model, ids, params);
  tf.dispose([value, ...grads]);
  expect(memoryStats().liveBytes).toBe(before);
  return memoryStats().peakBytes - before;
}

describe('memory of training on native', () => {
  beforeAll(() => useBackend('native'));

  it('holds a constant number of bytes over 1,000 steps, some of which throw', () => {
    const model = gpt2(2, 16, 2, 31, 16);
    const params = model.trainableParameters();
    const zeros = () => params.map((param) => tf.variable(tf.zerosLike(param), false));
    const [mu, nu] = [zeros(), zeros()];
    const ids = tokens(2, 8, 31);
    const options = { learningRate: 1e-3, b1: 0.9, b2: 0.99, eps: 1e-8, weightDecay: 0 };
    const step = (i: number) => {
      setGradientCheckpointing(model, i % 2 === 0);
      if (i % 5 === 4) {
        expect(() => gradients(model, ids, params, 'loss')).toThrow('on purpose');
        return;
      }
      scope(() => {
        const { grads } = gradients(model, ids, params);
        adamWStep({ params, grads, mu, nu }, { step: i + 1, ...options });
      });
    };
    for (let i = 0; i < 10; i++) step(i);
    const { liveBytes, liveTensors } = memoryStats();
    for (let i = 10; i < 1010; i++) step(i);
    expect(memoryStats().liveBytes).toBe(liveBytes);
    expect(memoryStats().liveTensors).toBe(liveTensors);
    tf.dispose([...mu, ...nu, ids]);
    model.dispose();
  }, 120_000);

  it('grows with the length of a sequence, not with its square', () => {
    const model = gpt2(2, 64, 4, 65, 4096);
    const peak = (time: number) => {
      const ids = tokens(1, time, 65);
      const bytes = peakOf(model, ids);
      ids.dispose();
      return bytes;
    };
    const [short, middle, long] = [512, 1024, 2048].map(peak) as [number, number, number];
    // What does not depend on the length (the gradients) is the same in all: steps are proportional.
    expect(long - middle).toBeLessThan(2.1 * (middle - short));
    expect(long - middle).toBeLessThan(1024 * 64 * 4 * 60); // 2 layers, some 20 arrays [T, C] each at most
    model.dispose();
  });

  it('keeps one hidden state for each layer with checkpoints', () => {
    const [T, C, L] = [256, 64, 8];
    const model = gpt2(L, C, 4, 65);
    const ids = tokens(2, T, 65);
    const gradientBytes = 4 * model.numParameters();
    const plain = peakOf(model, ids) - gradientBytes;
    setGradientCheckpointing(model);
    const checkpointed = peakOf(model, ids) - gradientBytes;
    expect(checkpointed).toBeLessThan(plain / 3);
    ids.dispose();
    model.dispose();
  });

  // Some 25 s and 3 GiB: LLM_LARGE_TESTS=1 npx vitest run packages/transformer/src/models/memory.test.ts
  it.skipIf(!process.env['LLM_LARGE_TESTS'])(
    'trains GPT-2 124M at B4 T1024 within 4 GiB with checkpoints, optimizer state included',
    () => {
      const model = gpt2(12, 768, 12, 50257);
      const params = model.trainableParameters();
      const zeros = () => params.map((param) => tf.variable(tf.zerosLike(param), false));
      const [mu, nu] = [zeros(), zeros()];
      setGradientCheckpointing(model);
      const ids = tokens(4, 1024, 50257);
      resetPeakMemory();
      scope(() => {
        const { grads } = gradients(model, ids, params);
        const options = { learningRate: 1e-4, b1: 0.9, b2: 0.99, eps: 1e-8, weightDecay: 0 };
        adamWStep({ params, grads, mu, nu }, { step: 1, ...options });
      });
      process.stderr.write(`peak ${Math.round(memoryStats().peakBytes / 2 ** 20)} MiB\n`);
      expect(memoryStats().peakBytes).toBeLessThan(4 * 2 ** 30);
      tf.dispose([...mu, ...nu, ids]);
      model.dispose();
    },
    600_000,
  );
});
