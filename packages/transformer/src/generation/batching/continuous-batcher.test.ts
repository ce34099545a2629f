// Requests that come and go give what each would give alone.
import { Generator, tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileConstraint } from '../../constraint/constraint.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import type { LlamaForCausalLm } from '../../models/llama/model.ts';
import { createModel } from '../../models/create-model.ts';
import { generate } from '../generate.ts';
import type { GenerateOptions } from '../options.ts';
import { ContinuousBatcher, type BatcherOptions } from './continuous-batcher.ts';

const SIZES = {
  vocabSize: 29,
  hiddenSize: 16,
  intermediateSize: 20,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headDim: 4,
  initializerRange: 0.4,
};

function randomModel(type: 'llama' | 'mistral' | 'gpt2' = 'llama'): CausalLm {
  const model =
    type === 'gpt2'
      ? createModel(
          {
            modelType: type,
            vocabSize: 29,
            nEmbd: 12,
            nLayer: 2,
            nHead: 3,
            nPositions: 64,
            initializerRange: 0.4,
          },
          { seed: 7 },
        )
      : type === 'mistral'
        ? createModel({ modelType: type, ...SIZES, slidingWindow: 5 }, { seed: 7 })
        : createModel({ modelType: type, ...SIZES }, { seed: 7 });
  model.eval();
  return model;
}

interface Job {
  readonly prompt: number[];
  readonly options: GenerateOptions;
}

/** Requests of many lengths, some greedy, some sampled, some with stop tokens and penalties. */
function jobs(count: number): Job[] {
  const random = new Generator(3);
  return Array.from({ length: count }, (_, i) => ({
    prompt: Array.from({ length: 1 + random.nextInt(14) }, () => random.nextInt(29)),
    options: {
      maxNewTokens: 1 + random.nextInt(18),
      stopTokens: i % 3 === 0 ? [2, 11] : [],
      temperature: i % 2,
      seed: i,
      repetitionPenalty: i % 5 === 0 ? 1.4 : 1,
      logprobs: true,
    },
  }));
}

async function expectAlone(model: CausalLm, list: readonly Job[], options: BatcherOptions) {
  const batcher = new ContinuousBatcher(model, options);
  const requests = list.map(({ prompt, options: own }) => batcher.submit(prompt, own));
  const results = await Promise.all(requests.map(({ result }) => result));
  for (const [i, { prompt, options: own }] of list.entries()) {
    const alone = await generate(model, prompt, own);
    expect(results[i]!.tokens, `request ${i}`).toEqual(alone.sequences[0]);
    expect(results[i]!.finishReason).toBe(alone.finishReasons[0]);
    for (const [j, logprob] of alone.logprobs![0]!.entries())
      expect(Math.abs(results[i]!.logprobs![j]! - logprob)).toBeLessThan(1e-4);
  }
  await batcher.idle();
  const { stats } = batcher;
  await batcher.dispose();
  return stats;
}

beforeAll(() => useBackend('cpu'));

describe('ContinuousBatcher', () => {
  it.each(['llama', 'mistral', 'gpt2'] as const)('gives what %s gives one by one', async (type) => {
    const stats = await expectAlone(randomModel(type), jobs(14), {
      blockSize: 4,
      blocks: 64,
      maxBatch: 5,
    });
    expect(stats).toMatchObject({ running: 0, waiting: 0, freeBlocks: 64, preemptions: 0 });
  });

  it('sends requests away and reads them again when blocks run out, with the same results', async () => {
    const stats = await expectAlone(randomModel(), jobs(14), {
      blockSize: 2,
      blocks: 17,
      maxBatch: 6,
    });
    expect(stats.preemptions).toBeGreaterThan(0);
    expect(stats.freeBlocks).toBe(17);
  });

  it('reads a common beginning once', async () => {
    const system = Array.from({ length: 17 }, (_, i) => (i * 5 + 1) % 29);
    const list = [[3], [4, 4], [3, 9]].map((end, i) => ({
      prompt: [...system, ...end],
      options: { maxNewTokens: 5, stopTokens: [], temperature: 1, seed: i, logprobs: true },
    }));
    const stats = await expectAlone(randomModel(), list, { blockSize: 4, blocks: 40 });
    expect(stats.sharedTokens).toBe(2 * 16);
  });

  it.each([1, 3, 512])('reads prompts in parts of %i tokens to the same texts', async (part) => {
    const options = { blockSize: 4, blocks: 64, maxBatch: 5, prefillTokens: part };
    await expectAlone(randomModel(), jobs(9), options);
  });

  it('runs requests of several variants of the model beside each other, none in the keys of another', async () => {
    const model = randomModel() as LlamaForCausalLm;
    const weight = model.model.norm.weight;
    const plain = tf.keep(tf.clone(weight));
    const factors: Record<string, number> = { half: 0.5, turned: -1 };
    const withVariant = <T>(variant: string | null, run: () => T): T => {
      weight.assign(tf.mul(plain, factors[variant ?? ''] ?? 1));
      return run(); // the cpu backend computes at once
    };
    const batcher = new ContinuousBatcher(model, { blockSize: 4, blocks: 64, withVariant });
    const prompt = Array.from({ length: 11 }, (_, i) => (i * 7 + 2) % 29);
    const options = { maxNewTokens: 8, stopTokens: [], temperature: 1, seed: 4 };
    const variants = [null, 'half', 'turned', 'half'];
    const requests = variants.map((variant) => batcher.submit(prompt, options, variant));
    const results = await Promise.all(requests.map(({ result }) => result));
    for (const [i, variant] of variants.entries()) {
      const alone = withVariant(variant, () => generate(model, prompt, options));
      expect(results[i]!.tokens, `variant ${variant}`).toEqual((await alone).sequences[0]);
    }
    expect(new Set(results.map(({ tokens }) => tokens.join())).size).toBe(3);
    expect(requests.map(({ sharedTokens }) => sharedTokens)).toEqual([0, 0, 0, 8]);
    await batcher.dispose();
    const without = new ContinuousBatcher(model);
    expect(() => without.submit(prompt, options, 'half')).toThrow('has no withVariant, got half');
    await without.dispose();
  });

  it('goes on from a finished answer without reading it again', async () => {
    const model = randomModel();
    const batcher = new ContinuousBatcher(model, { blockSize: 4, blocks: 40 });
    const options = { maxNewTokens: 7, stopTokens: [] };
    const first = await batcher.submit([1, 2, 3], options).result;
    const turn = [1, 2, 3, ...first.tokens, 5];
    const second = await batcher.submit(turn, options).result;
    expect(second.tokens).toEqual((await generate(model, turn, options)).sequences[0]);
    expect(batcher.stats.sharedTokens).toBe(8); // of the 9 positions that were read, the full blocks
    await batcher.dispose();
  });

  it('lets requests join while others run, and streams each', async () => {
    const model = randomModel();
    const batcher = new ContinuousBatcher(model, { blockSize: 4, blocks: 64 });
    const [a, b] = jobs(12).slice(10) as [Job, Job];
    const long = { ...a.options, maxNewTokens: 18, stopTokens: [] };
    const seen: string[] = [];
    const collect = async (name: string, job: Job): Promise<number[]> => {
      const tokens: number[] = [];
      for await (const { token } of batcher.submit(job.prompt, job.options)) {
        seen.push(name);
        tokens.push(token);
        if (name === 'a' && tokens.length === 3)
          second = collect('b', {
            ...b,
            options: { ...b.options, maxNewTokens: 4, stopTokens: [] },
          });
      }
      return tokens;
    };
    let second: Promise<number[]> = Promise.resolve([]);
    const first = await collect('a', { prompt: a.prompt, options: long });
    expect(first).toEqual((await generate(model, a.prompt, long)).sequences[0]);
    expect(await second).toHaveLength(4);
    expect(seen.lastIndexOf('b')).toBeLessThan(seen.lastIndexOf('a')); // b came later and left earlier
    await batcher.dispose();
  });

  it('holds each request to its own constraint and stop strings', async () => {
    const letters = Array.from({ length: 29 }, (_, i) =>
      i < 26 ? Uint8Array.of(97 + i) : undefined,
    );
    const tokenizer = {
      decodeStream: () => ({
        push: (id: number) => (id < 26 ? String.fromCharCode(97 + id) : ''),
        flush: () => '',
      }),
    };
    const batcher = new ContinuousBatcher(randomModel(), { blockSize: 4, blocks: 64 });
    const common = { maxNewTokens: 12, stopTokens: [28], temperature: 1, tokenizer };
    const constraints = ['(ab)+', 'x{3}|yz'].map((regex) => compileConstraint({ regex }, letters));
    const [first, second] = constraints.map((constraint) =>
      batcher.submit([5], { ...common, constraint }),
    );
    expect((await first!.result).text).toMatch(/^(ab)+$/);
    expect((await second!.result).text).toMatch(/^(xxx|yz)$/);
    const free = (
      await batcher.submit([5, 6], { ...common, temperature: 0, stopTokens: [] }).result
    ).text!;
    const stop = free.slice(3, 5);
    const cut = await batcher.submit([5, 6], {
      ...common,
      temperature: 0,
      stopTokens: [],
      stopStrings: [stop],
    }).result;
    expect(cut).toMatchObject({ text: free.slice(0, free.indexOf(stop)), finishReason: 'stop' });
    await batcher.dispose();
  });

  it('cancels one request and lets the others go on; leaves no tensor behind', async () => {
    const model = randomModel();
    await generate(model, [1], { maxNewTokens: 2 }); // rotary tables
    const before = tf.memory().numTensors;
    const batcher = new ContinuousBatcher(model, { blockSize: 4, blocks: 64 });
    const options = { maxNewTokens: 12, stopTokens: [] };
    const controller = new AbortController();
    const [kept, aborted, cancelled, wrong] = [
      batcher.submit([1, 2], options),
      batcher.submit([3], { ...options, signal: controller.signal }),
      batcher.submit([4], options),
      batcher.submit([5], { ...options, allowedTokens: () => [] }),
    ];
    for await (const { token } of kept) {
      if (token >= 0) controller.abort(new Error('enough'));
      cancelled.cancel();
    }
    await expect(aborted.result).rejects.toThrow('enough');
    await expect(cancelled.result).rejects.toThrow('The request was cancelled');
    await expect(wrong.result).rejects.toThrow('allowedTokens: expected at least one token');
    expect((await kept.result).tokens).toHaveLength(12);
    await batcher.idle();
    expect(batcher.stats.freeBlocks).toBe(64);
    await batcher.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [{ maxNewTokens: 40 }, 'prompt and text within 32 positions'],
    [{ maxNewTokens: 3, numBeams: 2 }, 'numBeams: expected 1: submit a request for each text'],
    [{ maxNewTokens: 3, promptLookup: {} }, 'promptLookup: expected absent in a batcher'],
    [{ maxNewTokens: 0 }, 'maxNewTokens: expected a positive integer'],
  ])('refuses %j', async (options, message) => {
    const batcher = new ContinuousBatcher(randomModel(), { blockSize: 4, blocks: 8 });
    expect(() => batcher.submit([1], options)).toThrow(message);
    await batcher.dispose();
  });
});
