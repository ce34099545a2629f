// Every cache against the full one and against no cache at all.
import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../generation/generate.ts';
import type { GenerateOptions } from '../generation/options.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { createModel } from '../models/create-model.ts';
import { createCache, type CacheKind } from './create-cache.ts';
import type { KeyValueCache } from './key-value-cache.ts';
import type { KvCache } from './kv-cache.ts';
import { SlidingCache } from './sliding-cache.ts';

const SIZES = {
  vocabSize: 29,
  hiddenSize: 16,
  intermediateSize: 20,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headDim: 4,
};
const WINDOW = 5;

/** Windows in all layers, in every other one, in none. */
function randomModel(type: 'mistral' | 'gemma2' | 'llama', initializerRange = 0.4): CausalLm {
  const sizes = { ...SIZES, initializerRange };
  const config =
    type === 'llama'
      ? ({ modelType: type, ...sizes } as const)
      : ({ modelType: type, ...sizes, slidingWindow: WINDOW, queryPreAttnScalar: 4 } as const);
  const model = createModel(config, { seed: 7 });
  model.eval();
  return model;
}

const TEXT = Array.from({ length: 75 }, (_, i) => (i * i * 7 + 3 * i) % 29);

function logitsWithout(model: CausalLm, ids: readonly number[]): number[][] {
  return tf.tidy(() => {
    const logits = model.forward(tf.tensor2d([...ids], [1, ids.length], 'int32'));
    return (logits.arraySync() as number[][][])[0]!;
  });
}

/** Reads the text in pieces of these lengths; logits after each token. */
function logitsWith(model: CausalLm, cache: KeyValueCache, pieces: readonly number[]): number[][] {
  let at = 0;
  return pieces.flatMap((length) => {
    const ids = TEXT.slice(at, (at += length));
    return tf.tidy(() => {
      const input = tf.tensor2d(ids, [1, length], 'int32');
      return (model.forward(input, { kvCache: cache }).arraySync() as number[][][])[0]!;
    });
  });
}

function largestDifference(a: readonly number[][], b: readonly number[][]): number {
  return Math.max(...a.flatMap((row, i) => row.map((x, j) => Math.abs(x - b[i]![j]!))));
}

beforeAll(() => useBackend('cpu'));

describe('a sliding cache', () => {
  it.each([
    ['one by one', Array<number>(75).fill(1)],
    ['a long prompt, then one by one', [40, ...Array<number>(35).fill(1)]],
    ['pieces that fill and overflow the buffer', [3, 20, 1, 30, 2, 19]],
  ])('gives the logits of no cache: %s', (_, pieces) => {
    for (const type of ['mistral', 'gemma2'] as const) {
      const model = randomModel(type);
      const cache = createCache(model.shape, { batch: 1, maxLength: 75 });
      expect(cache).toBeInstanceOf(SlidingCache);
      expect(
        largestDifference(logitsWith(model, cache, pieces), logitsWithout(model, TEXT)),
      ).toBeLessThan(1e-4);
      cache.dispose();
      model.dispose();
    }
  });

  it('has memory bounded by the window, however long the text', () => {
    const { shape } = randomModel('gemma2');
    const cache = createCache(shape, { batch: 1, maxLength: 100_000 }) as SlidingCache;
    // window + 16 + min(window, 256); every other layer of Gemma 2 sees everything
    expect(cache.capacities).toEqual([WINDOW + 16 + WINDOW, 100_000, WINDOW + 16 + WINDOW]);
    cache.dispose();
  });

  it('takes back a few tokens, and says when too many', () => {
    const model = randomModel('mistral');
    const cache = createCache(model.shape, { batch: 1, maxLength: 75 });
    const expected = logitsWith(model, cache, Array<number>(60).fill(1)).slice(55);
    cache.truncate(55);
    const again = tf.tidy(() => {
      const input = tf.tensor2d(TEXT.slice(55, 60), [1, 5], 'int32');
      return (model.forward(input, { kvCache: cache }).arraySync() as number[][][])[0]!;
    });
    expect(largestDifference(again, expected)).toBeLessThan(1e-4);
    expect(() => cache.truncate(20)).toThrow(
      'SlidingCache.truncate: length: expected at most 16 positions fewer',
    );
    cache.dispose();
  });
});

describe('a cache of few bits', () => {
  const mean = (rows: number[][]): number =>
    rows.flat().reduce((sum, x) => sum + Math.abs(x), 0) / rows.flat().length;

  it.each([
    ['int8', 0.01],
    ['int4', 0.1],
  ] as const)('%s keeps logits within %d of their size, on the mean', (kind, share) => {
    const model = randomModel('llama', 0.2); // less wild than weights of 0.4, whose attention jumps
    const cache = createCache(model.shape, { batch: 1, maxLength: 75 }, kind);
    const got = logitsWith(model, cache, [30, ...Array<number>(45).fill(1)]);
    const expected = logitsWithout(model, TEXT);
    const error = mean(got.map((row, i) => row.map((x, j) => x - expected[i]![j]!)));
    expect(error).toBeLessThan(share * mean(expected));
    expect(error).toBeGreaterThan(0);
  });

  it('takes a byte or half of one for each number, and scales', () => {
    const { shape } = randomModel('llama');
    const bytes = (kind: CacheKind): number => {
      const cache = createCache(shape, { batch: 1, maxLength: 75 }, kind) as KvCache;
      const { byteLength } = cache;
      cache.dispose();
      return byteLength;
    };
    const heads = 3 * 2 * 75 * 2; // layers, keys and values, positions, heads
    expect(bytes('full')).toBe(heads * 4 * 4);
    expect(bytes('int8')).toBe(heads * (4 + 4)); // a float for each head of 4
    expect(bytes('int4')).toBe(heads * (8 + 4)); // two, and half a word of codes
  });
});

describe.each(['full', 'sliding', 'int8', 'int4'] as const)('generate with a %s cache', (cache) => {
  const prompts = [TEXT.slice(0, 30), TEXT.slice(5, 8), [4]];
  const greedy: GenerateOptions = { maxNewTokens: 12, stopTokens: [] };

  it.each<[string, Partial<GenerateOptions>]>([
    ['a padded batch', {}],
    ['several texts', { temperature: 1, numReturnSequences: 2, seed: [1, 2, 3] }],
    ['beams', { numBeams: 3, numReturnSequences: 2 }],
  ])('gives each row what it would have alone: %s', async (_, mode) => {
    const model = randomModel(cache === 'sliding' ? 'mistral' : 'llama');
    const before = tf.memory().numTensors;
    const options = { ...greedy, ...mode, cache };
    const batch = await generate(model, prompts, options);
    const count = batch.sequences.length / prompts.length;
    for (const [i, prompt] of prompts.entries()) {
      const seed = mode.seed === undefined ? undefined : (mode.seed as number[])[i]!;
      const alone = await generate(model, prompt, { ...options, seed });
      expect(alone.sequences).toEqual(batch.sequences.slice(i * count, (i + 1) * count));
    }
    if (cache === 'sliding')
      expect(batch.sequences).toEqual(
        (await generate(model, prompts, { ...options, cache: 'full' })).sequences,
      );
    expect(tf.memory().numTensors - before).toBeLessThanOrEqual(2); // rotary tables
    model.dispose();
  });
});

describe('createCache', () => {
  it.each<[CacheKind | undefined, string]>([
    [undefined, 'SlidingCache'],
    ['full', 'KvCache'],
    ['int8', 'KvCache'],
  ])('with %s is a %s for a model with windows', (kind, name) => {
    const { shape } = randomModel('mistral');
    const cache = createCache(shape, { batch: 1, maxLength: 60 }, kind);
    expect(cache.constructor.name).toBe(name);
    cache.dispose();
  });

  it('stays full where a window would keep more than half of the positions', () => {
    const { shape } = randomModel('mistral'); // of a window of 5 it would keep 26
    for (const [maxLength, name] of [
      [52, 'KvCache'],
      [53, 'SlidingCache'],
    ] as const) {
      const cache = createCache(shape, { batch: 1, maxLength });
      expect(cache.constructor.name).toBe(name);
      cache.dispose();
    }
  });

  it('selects rows, and says which do not exist', () => {
    for (const kind of ['full', 'sliding', 'int8'] as const) {
      const cache = createCache(randomModel('mistral').shape, { batch: 2, maxLength: 40 }, kind);
      cache.select([1, 1, 0]);
      expect(cache.batch).toBe(3);
      expect(() => cache.select([3])).toThrow('select: rows: expected integers in [0, 3), got 3');
      cache.dispose();
    }
  });
});
