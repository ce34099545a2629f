// Beam search against Transformers (tools/fixtures/generation_beams.py), and what it does beyond that.
import { readFileSync } from 'node:fs';
import { tf, useBackend } from '@llm/tensor';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAnyModel } from '../../checkpoint/load-any-model.ts';
import type { CausalLm } from '../../models/causal-lm.ts';
import { createModel } from '../../models/create-model.ts';
import { fixture } from '../../models/reference-fixture.ts';
import { generate } from '../generate.ts';
import type { GenerateOptions } from '../options.ts';
import type { LanguageModel } from '../stepper.ts';

interface Result {
  readonly model: string;
  readonly stopTokens: number[];
  readonly options: Partial<GenerateOptions>;
  readonly rows: readonly { readonly tokens: number[]; readonly score: number }[];
}

const file = JSON.parse(readFileSync(fixture('generation-beams.json'), 'utf8')) as {
  readonly prompts: number[][];
  readonly maxNewTokens: number;
  readonly results: Result[];
};

beforeAll(() => useBackend('cpu'));

describe.each([...new Set(file.results.map(({ model }) => model))])('%s', (name) => {
  let model: LanguageModel;
  beforeAll(async () => {
    const loaded = await loadAnyModel(fixture(name));
    if (loaded.family === 'encoder') throw new Error('an encoder writes nothing');
    ({ model } = loaded);
  });
  afterAll(() => model.dispose());

  const own = file.results.filter((result) => result.model === name);
  it.each(own.map((result) => [JSON.stringify(result.options), result] as const))(
    'writes what Transformers writes with %s, and leaves no tensor behind',
    async (_, { stopTokens, options, rows }) => {
      const { maxNewTokens } = file;
      await generate(model, file.prompts, { maxNewTokens, stopTokens }); // makes rotary tables
      const before = tf.memory().numTensors;
      const got = await generate(model, file.prompts, { maxNewTokens, stopTokens, ...options });
      expect(tf.memory().numTensors).toBe(before);
      expect(got.sequences).toEqual(rows.map(({ tokens }) => tokens));
      for (const [i, { score }] of rows.entries())
        expect(Math.abs(got.scores![i]! - score)).toBeLessThan(1e-4);
      for (const [i, { tokens }] of rows.entries())
        expect(got.finishReasons[i]).toBe(stopTokens.includes(tokens.at(-1)!) ? 'stop' : 'length');
    },
  );
});

const CONFIG = {
  modelType: 'llama',
  vocabSize: 29,
  hiddenSize: 16,
  intermediateSize: 20,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  initializerRange: 0.4,
} as const;
const PROMPTS = [[5, 9, 2, 17, 8], [3]];

function randomModel(): CausalLm {
  const model = createModel(CONFIG, { seed: 7 });
  model.eval();
  return model;
}

/** log p of each next token after `ids`, without a cache. */
function nextLogprobs(model: CausalLm, ids: readonly number[]): Float32Array {
  return tf.tidy(() => {
    const logits = model.forward(tf.tensor2d([...ids], [1, ids.length], 'int32'));
    const last = tf.reshape(tf.slice(logits, [0, ids.length - 1, 0], [1, 1, -1]), [-1]);
    return tf.logSoftmax(last).dataSync() as Float32Array;
  });
}

describe('groups of beams', () => {
  it('equal a plain reading of the paper: each group avoids what earlier ones have just chosen', async () => {
    const model = randomModel();
    const [groups, width, length, penalty] = [3, 2, 5, 0.7];
    const running = Array.from({ length: groups }, () => [{ ids: [] as number[], score: 0 }]);
    for (let step = 0; step < length; step++) {
      const chosen: number[] = [];
      for (const [g, beams] of running.entries()) {
        const next = beams.flatMap(({ ids, score }) =>
          Array.from(nextLogprobs(model, [...PROMPTS[0]!, ...ids]), (logprob, token) => ({
            ids: [...ids, token],
            score: score + logprob - penalty * chosen.filter((c) => c === token).length,
          })),
        );
        running[g] = next.sort((a, b) => b.score - a.score).slice(0, width);
        chosen.push(...running[g].map(({ ids }) => ids.at(-1)!));
      }
    }
    const expected = running.flat().sort((a, b) => b.score - a.score);
    const { sequences, scores } = await generate(model, PROMPTS[0]!, {
      maxNewTokens: length,
      stopTokens: [],
      numBeams: groups * width,
      numBeamGroups: groups,
      diversityPenalty: penalty,
      numReturnSequences: groups * width,
    });
    expect(sequences).toEqual(expected.map(({ ids }) => ids));
    for (const [i, { score }] of expected.entries())
      expect(scores![i]).toBeCloseTo(score / length, 4);
  });
});

describe('sampled beams', () => {
  const options: GenerateOptions = {
    maxNewTokens: 6,
    stopTokens: [],
    numBeams: 4,
    numReturnSequences: 4,
    temperature: 1,
  };

  it('repeat for a seed, differ for another, and hold different texts', async () => {
    const model = randomModel();
    const run = (seed: number) => generate(model, PROMPTS, { ...options, seed });
    const [a, b, c] = [await run(1), await run(1), await run(2)];
    expect(a).toEqual(b);
    expect(a.sequences).not.toEqual(c.sequences);
    expect(new Set(a.sequences.slice(0, 4).map(String)).size).toBe(4);
  });

  it('draw first tokens without replacement by their probability', async () => {
    const model = randomModel();
    const p = nextLogprobs(model, PROMPTS[0]!).map(Math.exp);
    // One step and two beams: both draws end, so the pair {i, j} comes with p_i·p_j/(1−p_i) + p_j·p_i/(1−p_j).
    const likeliest = p.indexOf(Math.max(...p));
    let share = p[likeliest]!;
    for (const [j, q] of p.entries()) if (j !== likeliest) share += (q * p[likeliest]!) / (1 - q);
    let hits = 0;
    const runs = 400;
    for (let seed = 0; seed < runs; seed++) {
      const { sequences } = await generate(model, PROMPTS[0]!, {
        ...options,
        maxNewTokens: 1,
        numBeams: 2,
        numReturnSequences: 2,
        seed,
      });
      if (sequences.some(([token]) => token === likeliest)) hits += 1;
    }
    // four standard errors
    expect(Math.abs(hits / runs - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / runs));
  });
});

describe('forced words', () => {
  const forceWords = [[1, 2, 1], [28]];
  const contains = (tokens: readonly number[], phrase: readonly number[]): boolean =>
    tokens.some((_, start) => phrase.every((token, i) => tokens[start + i] === token));

  it.each([
    { numBeams: 4, numReturnSequences: 3 },
    { numBeams: 1 },
    { numBeams: 1, temperature: 1 },
    { numBeams: 3, temperature: 1, numReturnSequences: 2 },
  ])('are all written with %j', async (own) => {
    const model = randomModel();
    const { sequences } = await generate(model, PROMPTS, {
      maxNewTokens: 10,
      stopTokens: [4, 5, 6, 7],
      forceWords,
      ...own,
    });
    for (const tokens of sequences)
      for (const phrase of forceWords) expect(contains(tokens, phrase)).toBe(true);
  });

  it('end up where beams find them likely, not only last', async () => {
    const model = randomModel();
    const options = { maxNewTokens: 12, stopTokens: [] };
    const { scores: beams } = await generate(model, PROMPTS[0]!, {
      ...options,
      forceWords,
      numBeams: 8,
    });
    const late = await generate(model, PROMPTS[0]!, { ...options, forceWords, logprobs: true });
    const lateScore = late.logprobs![0]!.reduce((sum, logprob) => sum + logprob, 0) / 12;
    expect(beams![0]).toBeGreaterThan(lateScore);
  });
});

describe('beam search', () => {
  it.each([
    [{ numBeams: 4, numBeamGroups: 3 }, 'numBeamGroups: expected a divisor of numBeams, 4, got 3'],
    [{ numBeams: 2, numReturnSequences: 3 }, 'numReturnSequences: expected at most numBeams, 2'],
    [{ numBeams: 2, forceWords: [[]] }, 'forceWords: expected phrases of at least one token'],
  ])('refuses %j', async (own, message) => {
    const options = { maxNewTokens: 3, ...own };
    await expect(generate(randomModel(), PROMPTS, options)).rejects.toThrow(message);
  });

  it('gives the model’s own log-probabilities, which sum to the score', async () => {
    const options = { maxNewTokens: 5, stopTokens: [], numBeams: 3, logprobs: true };
    const { scores, logprobs } = await generate(randomModel(), PROMPTS, options);
    for (const [i, own] of logprobs!.entries())
      expect(own.reduce((sum, logprob) => sum + logprob, 0) / 5).toBeCloseTo(scores![i]!, 4);
  });
});
