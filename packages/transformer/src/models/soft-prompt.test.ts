// Learned vectors before every text, without the package that makes them: the same numbers whether they are read with
// the text or kept in a cache, on every backend, in every way of writing. packages/peft compares them with PEFT.
import {
  crossEntropy,
  Generator,
  inspectBackends,
  kernelStats,
  nn,
  resetKernelStats,
  tf,
  useBackend,
  valueAndGrads,
  type Tensor,
  type Variable,
} from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ModelConfigInput } from '../config/config.ts';
import { ContinuousBatcher } from '../generation/batching/continuous-batcher.ts';
import { generate } from '../generation/generate.ts';
import type { CausalLm } from './causal-lm.ts';
import { createModel } from './create-model.ts';
import { inspect } from './inspect.ts';
import { setGradientCheckpointing } from './run-layer.ts';
import type { SoftPrompt, SoftPromptSource } from './soft-prompt.ts';

const SHARED = { vocabSize: 29, initializerRange: 0.3 } as const;
const SIZES = { hiddenSize: 16, intermediateSize: 20, numHiddenLayers: 2 } as const;
const HEADS = { numAttentionHeads: 4, numKeyValueHeads: 2 } as const;
const CONFIGS: Readonly<Record<string, ModelConfigInput>> = {
  llama: { ...SHARED, ...SIZES, ...HEADS, modelType: 'llama' },
  gpt2: { ...SHARED, modelType: 'gpt2', nEmbd: 16, nLayer: 2, nHead: 2, nPositions: 40 },
  'gpt-neox': { ...SHARED, ...SIZES, modelType: 'gpt_neox', numAttentionHeads: 2 },
  gemma2: {
    ...{ ...SHARED, ...SIZES, ...HEADS, modelType: 'gemma2', headDim: 4 },
    ...{ slidingWindow: 4, queryPreAttnScalar: 4 },
  },
} as const;
const NAMES = Object.keys(CONFIGS);
const N = 3;

class Embeddings extends nn.Module implements SoftPromptSource {
  readonly length = N;
  readonly vectors: Variable;
  constructor(shape: number[], generator: Generator) {
    super();
    this.vectors = nn.parameter(generator.normal(shape));
  }
  softPrompt(): SoftPrompt {
    return { embeddings: tf.clone(this.vectors) };
  }
}

class Prefix extends Embeddings {
  override softPrompt(): SoftPrompt {
    const parts = tf.unstack(this.vectors); // 2·L × [1, n, K, D]
    const layers = Array.from({ length: parts.length / 2 }, (_, i) => i);
    return { layers: layers.map((i) => ({ keys: parts[2 * i]!, values: parts[2 * i + 1]! })) };
  }
}

type Kind = 'embeddings' | 'prefix';
const KINDS: readonly Kind[] = ['embeddings', 'prefix'];

function prompted(name: string, kind: Kind, rows = 1): CausalLm {
  const model = createModel(CONFIGS[name]!, { seed: 3 }).eval();
  const { hiddenSize, numLayers, numKeyValueHeads: K, headDim: D } = model.promptShape;
  const generator = new Generator(4);
  model.softPrompt =
    kind === 'embeddings'
      ? new Embeddings([rows, N, hiddenSize], generator)
      : new Prefix([2 * numLayers, rows, N, K, D], generator);
  return model;
}

const IDS = [
  [5, 1, 4, 2, 8, 7],
  [9, 3, 6, 11, 0, 0],
];
const MASK = IDS.map((row) => row.map((id) => (id === 0 ? 0 : 1)));
const ints = (rows: number[][]): Tensor => tf.tensor2d(rows, undefined, 'int32');

function logits(model: CausalLm): number[][] {
  const flat = tf.tidy(() => model.forward(ints(IDS), { attentionMask: ints(MASK) }).arraySync());
  return (flat as number[][][]).flatMap((row, b) => row.filter((_, t) => MASK[b]![t] === 1));
}

function loss(model: CausalLm): Tensor {
  const options = { attentionMask: ints(MASK) };
  return crossEntropy(model.forward(ints(IDS), options), tf.mul(ints(IDS), ints(MASK)), {
    ignoreIndex: 0,
  });
}

const worst = (a: readonly number[], b: readonly number[]): number => {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
};

const rungs = await inspectBackends();
const BACKENDS = (['cpu', 'native', 'wasm'] as const).filter((name) =>
  rungs.some(({ backend, status }) => backend === name && status !== 'unavailable'),
);

describe.each(NAMES)('a soft prompt on %s', (name) => {
  beforeAll(async () => void (await useBackend()));

  it.each(KINDS)('%s: is before each text, whatever stands beside it', (kind) => {
    const model = prompted(name, kind);
    logits(model); // makes the tables of positions
    const before = tf.memory().numTensors;
    const both = logits(model);
    expect(tf.memory().numTensors).toBe(before);
    const alone = IDS.flatMap((row) => {
      const text = row.filter((id) => id !== 0);
      return tf.tidy(() => model.forward(ints([text])).arraySync() as number[][][])[0]!;
    });
    expect(worst(both.flat(), alone.flat())).toBeLessThan(1e-4);
    model.softPrompt = null;
    expect(worst(both.flat(), logits(model).flat())).toBeGreaterThan(0.1);
    model.dispose();
  });

  it.each(KINDS)('%s: stays in a cache, which counts the text only', (kind) => {
    const model = prompted(name, kind);
    const text = IDS[0]!;
    const whole = tf.tidy(() => model.forward(ints([text])).arraySync() as number[][][])[0]!;
    const before = tf.memory().numTensors;
    const kvCache = model.createCache(1, text.length);
    const first = tf.tidy(() => model.forward(ints([text.slice(0, 2)]), { kvCache }).arraySync());
    expect(worst((first as number[][][])[0]!.flat(), whole.slice(0, 2).flat())).toBeLessThan(1e-4);
    tf.tidy(() => model.forward(ints([[13]]), { kvCache })).dispose();
    expect([kvCache.length, kvCache.maxLength, kvCache.prefixLength]).toEqual([3, 6, N]);
    kvCache.truncate(2);
    kvCache.select([0, 0]);
    const rest = text.slice(2).map((id) => {
      const row = tf.tidy(() => model.forward(ints([[id], [id]]), { kvCache }).arraySync());
      return (row as number[][][])[1]![0]!;
    });
    expect(worst(rest.flat(), whole.slice(2).flat())).toBeLessThan(1e-4);
    kvCache.dispose();
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it.each(KINDS)('%s: learns by gradients that finite differences confirm', (kind) => {
    const model = prompted(name, kind);
    const { vectors } = model.softPrompt as Embeddings;
    const { value, grads } = valueAndGrads(() => loss(model), [vectors]);
    const grad = grads[0]!.dataSync();
    const values = vectors.dataSync().slice();
    const at = (i: number, moved: number): number => {
      const changed = values.slice();
      changed[i]! += moved;
      return tf.tidy(() => {
        vectors.assign(tf.tensor(changed, vectors.shape));
        return loss(model).dataSync()[0]!;
      });
    };
    for (let i = 1; i < values.length; i += 11) {
      const step = 1e-2;
      const measured = (at(i, step) - at(i, -step)) / (2 * step);
      expect(Math.abs(grad[i]! - measured), `number ${i}`).toBeLessThan(3e-3);
    }
    expect(Math.max(...grad.map(Math.abs))).toBeGreaterThan(1e-2);
    tf.dispose([value, ...grads]);
    model.dispose();
  });

  it.each(KINDS)('%s: learns the same with activations computed again', (kind) => {
    const model = prompted(name, kind);
    const { vectors } = model.softPrompt as Embeddings;
    const plain = valueAndGrads(() => loss(model), [vectors]);
    setGradientCheckpointing(model);
    const again = valueAndGrads(() => loss(model), [vectors]);
    expect(worst([...again.grads[0]!.dataSync()], [...plain.grads[0]!.dataSync()])).toBeLessThan(
      1e-6,
    );
    tf.dispose([plain.value, ...plain.grads, again.value, ...again.grads]);
    model.dispose();
  });

  it.each(KINDS)('%s: is the same in every way of writing', async (kind) => {
    const model = prompted(name, kind);
    // Padding would stand between the prompt and the text, where a window counts it.
    const prompts =
      name === 'gemma2'
        ? [
            [5, 1, 4],
            [9, 2, 2],
          ]
        : [[5, 1, 4], [9], [2, 2, 7, 1, 3]];
    const naive = prompts.map((prompt) => naiveGreedy(model, prompt, 12));
    const before = tf.memory().numTensors;
    const write = async (options: object) =>
      (await generate(model, prompts, { maxNewTokens: 12, ...options })).sequences;
    expect(await write({})).toEqual(naive);
    expect(await write({ promptLookup: {} })).toEqual(naive);
    expect(await write({ penaltyAlpha: 1e-9 })).toEqual(naive);
    const beams = await generate(model, prompts, { maxNewTokens: 5, numBeams: 3 });
    const single = await generate(model, [prompts[1]!], { maxNewTokens: 5, numBeams: 3 });
    expect(beams.sequences[1]).toEqual(single.sequences[0]);
    const sampled = await write({ temperature: 1, seed: 5, numReturnSequences: 2, cache: 'int8' });
    expect(sampled).toHaveLength(2 * prompts.length);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

function naiveGreedy(model: CausalLm, prompt: number[], count: number): number[] {
  const tokens = [...prompt];
  for (let i = 0; i < count; i++) {
    const rows = tf.tidy(() => model.forward(ints([tokens])).arraySync() as number[][][])[0]!;
    const last = rows.at(-1)!;
    tokens.push(last.indexOf(Math.max(...last)));
  }
  return tokens.slice(prompt.length);
}

describe('a soft prompt', () => {
  it.each(BACKENDS)('has the same loss and gradient on %s', async (backend) => {
    for (const kind of KINDS) {
      const losses: number[] = [];
      const gradients: number[][] = [];
      for (const name of ['cpu', backend] as const) {
        await useBackend(name);
        const model = prompted('llama', kind);
        resetKernelStats();
        const { value, grads } = valueAndGrads(
          () => loss(model),
          [(model.softPrompt as Embeddings).vectors],
        );
        if (name === 'native') expect(kernelStats().fallback).toEqual({});
        losses.push(value.dataSync()[0]!);
        gradients.push([...grads[0]!.dataSync()]);
        tf.dispose([value, ...grads]);
        model.dispose();
      }
      expect(losses[1]).toBeCloseTo(losses[0]!, 4);
      expect(worst(gradients[1]!, gradients[0]!)).toBeLessThan(1e-4);
    }
  });

  it.each(KINDS)('%s: may be another for each row', async (kind) => {
    await useBackend();
    const model = prompted('llama', kind, 2);
    const source = model.softPrompt as Embeddings;
    const both = tf.tidy(() => model.forward(ints([IDS[0]!, IDS[0]!])).arraySync() as number[][][]);
    const written = await generate(model, [IDS[0]!, IDS[0]!], { maxNewTokens: 6 });
    expect(worst(both[0]!.flat(), both[1]!.flat())).toBeGreaterThan(0.1);
    const rowAxis = kind === 'embeddings' ? 0 : 1;
    for (const row of [0, 1]) {
      const one = prompted('llama', kind);
      const own = tf.tidy(() =>
        tf.slice(source.vectors, rowAxis === 0 ? [row] : [0, row], rowAxis === 0 ? [1] : [-1, 1]),
      );
      nn.assignParameter((one.softPrompt as Embeddings).vectors, own, 'vectors');
      const alone = tf.tidy(() => one.forward(ints([IDS[0]!])).arraySync() as number[][][]);
      expect(worst(alone[0]!.flat(), both[row]!.flat())).toBeLessThan(1e-4);
      const text = await generate(one, [IDS[0]!], { maxNewTokens: 6 });
      expect(text.sequences[0]).toEqual(written.sequences[row]);
      one.dispose();
    }
    model.dispose();
  });

  it('is among the keys that attention maps show', async () => {
    await useBackend();
    for (const kind of KINDS) {
      const model = prompted('llama', kind);
      const T = IDS[0]!.length;
      const { attentions, output } = inspect(model, ints([IDS[0]!]), { outputAttentions: true });
      expect(output.shape).toEqual([1, T, 29]);
      const queries = kind === 'embeddings' ? N + T : T;
      expect(attentions[1]!.shape).toEqual([1, 4, queries, N + T]);
      tf.dispose([output, ...attentions]);
      model.dispose();
    }
  });

  it('counts among the positions that a model has', async () => {
    await useBackend();
    const model = prompted('gpt2', 'prefix');
    const prompt = Array.from({ length: 36 }, () => 1);
    await expect(generate(model, [prompt], { maxNewTokens: 4 })).rejects.toThrow(/maxNewTokens/);
    expect((await generate(model, [prompt], { maxNewTokens: 2 })).sequences[0]).toHaveLength(2);
    model.dispose();
  });

  it('is refused where padding would stand between it and the text in a window', async () => {
    await useBackend();
    const model = prompted('gemma2', 'prefix');
    await expect(generate(model, [[5, 1, 4], [9]], { maxNewTokens: 4 })).rejects.toThrow(
      'generate: prompts: expected equal lengths behind a soft prompt, got 3, 1',
    );
    model.dispose();
  });

  it.skipIf(!BACKENDS.includes('native'))('leaves steps of decoding to be captured', async () => {
    await useBackend('native');
    for (const kind of KINDS) {
      const model = prompted('llama', kind);
      for (const prompts of [[[5, 1, 4]], [[5, 1, 4], [9]]]) {
        resetKernelStats();
        await generate(model, prompts, { maxNewTokens: 24 });
        const { Attention = 0, MaskedAttention = 0 } = kernelStats().native;
        expect(Attention + MaskedAttention).toBeLessThanOrEqual(2 * 8); // far fewer than 2 × 24
        expect(kernelStats().fallback).toEqual({});
      }
      model.dispose();
    }
  });

  it('is refused where texts share blocks', async () => {
    await useBackend();
    const model = prompted('llama', 'prefix');
    const batcher = new ContinuousBatcher(model);
    expect(() => batcher.submit([1, 2], { maxNewTokens: 3 })).toThrow(
      'ContinuousBatcher.submit: model: expected one without an active soft prompt',
    );
    await batcher.dispose();
    model.dispose();
  });
});
