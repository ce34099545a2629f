import { Generator, tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileConstraint } from '../../constraint/constraint.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { createModel } from '../../models/create-model.ts';
import { generate } from '../generate.ts';
import type { GenerateOptions } from '../options.ts';
import { acceptOrReplace } from './accept.ts';
import { LookupDrafter } from './drafter.ts';

const V = 13;
function randomModel(seed: number, vocabSize = V, initializerRange = 0.4): CausalLm {
  const sizes = { vocabSize, hiddenSize: 16, intermediateSize: 20, numHiddenLayers: 2 };
  const heads = { numAttentionHeads: 4, numKeyValueHeads: 2, initializerRange };
  const model = createModel({ modelType: 'llama', ...sizes, ...heads }, { seed });
  model.eval();
  return model;
}

const PROMPTS = [[5, 9, 2, 7, 8, 5, 9], [3], [11, 4, 4]];
const greedy: GenerateOptions = { maxNewTokens: 12, stopTokens: [] };

beforeAll(() => useBackend('cpu'));

describe('speculative decoding', () => {
  const modes = (): [string, Partial<GenerateOptions>][] => [
    ['another model', { draft: { model: randomModel(8), tokens: 3 } }],
    ['the model itself', { draft: { model: randomModel(7), tokens: 4 } }],
    ['prompt look-up', { promptLookup: { tokens: 4 } }],
  ];

  it('gives the greedy text, whatever guesses, and leaves no tensor behind', async () => {
    const model = randomModel(7);
    for (const more of [
      {},
      { repetitionPenalty: 1.5, noRepeatNgramSize: 3 },
      { stopTokens: [1, 2] },
    ]) {
      const options = { ...greedy, ...more, logprobs: true };
      const expected = await generate(model, PROMPTS, options);
      for (const [name, mode] of modes()) {
        await generate(model, PROMPTS, { ...options, ...mode });
        const before = tf.memory().numTensors;
        const got = await generate(model, PROMPTS, { ...options, ...mode });
        expect(got.sequences, name).toEqual(expected.sequences);
        expect(got.finishReasons, name).toEqual(expected.finishReasons);
        for (const [i, row] of expected.logprobs!.entries())
          for (const [j, logprob] of row.entries())
            expect(got.logprobs![i]![j]).toBeCloseTo(logprob, 4);
        expect(tf.memory().numTensors).toBe(before);
      }
    }
  });

  it('reads the large model fewer times than there are tokens', async () => {
    const model = randomModel(7);
    let passes = 0;
    const hiddenStates = model.hiddenStates.bind(model);
    model.hiddenStates = (...args) => ((passes += 1), hiddenStates(...args));
    await generate(model, PROMPTS[0]!, { ...greedy, draft: { model: randomModel(7), tokens: 3 } });
    expect(passes).toBe(3); // 12 tokens: three guesses and one of its own each time
  });

  it('samples pairs of tokens as often as the model says', async () => {
    const model = randomModel(7);
    const temperature = 0.8;
    const probabilities = (ids: number[]): Float32Array =>
      tf.tidy(() => {
        const logits = model.forward(tf.tensor2d(ids, [1, ids.length], 'int32'));
        const last = tf.reshape(tf.slice(logits, [0, ids.length - 1, 0], [1, 1, -1]), [-1]);
        return tf.softmax(tf.div(last, temperature)).dataSync() as Float32Array;
      });
    const first = probabilities([3]);
    const draft = { model: randomModel(8), tokens: 2 };
    const runs = 700;
    const options = { maxNewTokens: 2, stopTokens: [], temperature, draft, seed: 5 };
    const { sequences } = await generate(model, [3], { ...options, numReturnSequences: runs });
    // Pearson's statistic over the pairs that are expected often enough, the others in one class.
    const expected = new Map<string, number>();
    for (const [a, p] of first.entries())
      for (const [b, q] of probabilities([3, a]).entries()) expected.set(`${a},${b}`, p * q * runs);
    const seen = new Map<string, number>();
    for (const pair of sequences) seen.set(String(pair), (seen.get(String(pair)) ?? 0) + 1);
    const classes = [...expected].filter(([, count]) => count >= 5);
    const rest = runs - classes.reduce((sum, [, count]) => sum + count, 0);
    const restSeen = runs - classes.reduce((sum, [pair]) => sum + (seen.get(pair) ?? 0), 0);
    const statistic =
      classes.reduce(
        (sum, [pair, count]) => sum + ((seen.get(pair) ?? 0) - count) ** 2 / count,
        0,
      ) +
      (restSeen - rest) ** 2 / rest;
    const degrees = classes.length;
    expect(degrees).toBeGreaterThan(20);
    expect(statistic).toBeLessThan(degrees + 4 * Math.sqrt(2 * degrees)); // mean + 4 deviations
  });

  it('keeps to a constraint', async () => {
    const letters = Array.from({ length: V }, (_, i) =>
      i < 12 ? Uint8Array.of(97 + i) : undefined,
    );
    const constraint = compileConstraint({ regex: '(ab|cd)+e?' }, letters);
    const options = { maxNewTokens: 9, stopTokens: [12], constraint, temperature: 1 };
    for (const [name, mode] of modes()) {
      const { sequences } = await generate(randomModel(7), PROMPTS, { ...options, ...mode });
      for (const tokens of sequences) {
        const text = tokens
          .filter((t) => t !== 12)
          .map((t) => String.fromCharCode(97 + t))
          .join('');
        expect(text, name).toMatch(/^(ab|cd)+e?$/);
      }
    }
  });

  it('refuses a draft of another vocabulary, and two ways at once', async () => {
    const run = (options: Partial<GenerateOptions>) =>
      generate(randomModel(7), [1], { ...greedy, ...options });
    await expect(run({ draft: { model: randomModel(1, 17) } })).rejects.toThrow(
      'draft: expected a model with the same vocabulary of 13, got 17',
    );
    await expect(run({ promptLookup: {}, numBeams: 2 })).rejects.toThrow(
      'promptLookup: expected absent beside numBeams',
    );
  });
});

describe('acceptOrReplace', () => {
  it('gives draws from p, whatever q the guesses come from', () => {
    const p = Float64Array.of(0.5, 0.3, 0.2, 0);
    for (const q of [
      Float64Array.of(0.1, 0.1, 0.4, 0.4),
      Float64Array.of(0.25, 0.25, 0.25, 0.25),
      null,
    ]) {
      const generator = new Generator(4);
      const counts = [0, 0, 0, 0];
      const draws = 20_000;
      for (let i = 0; i < draws; i++) {
        const guess = q === null ? 2 : generator.multinomial(q);
        counts[acceptOrReplace(guess, p, q, generator).token]! += 1;
      }
      // Standard error at most √(0.25 / 20000) = 0.0035; four of them are 0.014.
      for (const [i, share] of p.entries())
        expect(Math.abs(counts[i]! / draws - share)).toBeLessThan(0.014);
      expect(counts[3]).toBe(0);
    }
  });

  it('always takes a guess from p itself', () => {
    const p = Float64Array.of(0.6, 0.4);
    const generator = new Generator(2);
    for (let i = 0; i < 200; i++)
      expect(acceptOrReplace(generator.multinomial(p), p, p, generator).isGuess).toBe(true);
  });
});

describe('LookupDrafter', () => {
  const guess = async (tokens: number[], count = 3): Promise<number[]> => {
    const row = { tokens, promptLength: 0, sourceTokens: [] };
    return (await new LookupDrafter(2).guess(row, count)).map(({ token }) => token);
  };

  it('finds what followed the last two tokens, else the last one, most recently', async () => {
    expect(await guess([1, 2, 3, 1, 2, 4, 5, 1, 2])).toEqual([4, 5, 1]);
    expect(await guess([7, 3, 9, 7])).toEqual([3, 9, 7]);
    expect(await guess([1, 2, 3])).toEqual([]);
    expect(await guess([6, 6], 2)).toEqual([6]);
  });
});
