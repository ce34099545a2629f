import { nn, tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CausalLm } from '../models/causal-lm.ts';
import { createModel } from '../models/create-model.ts';
import { generate, stream } from './generate.ts';
import type { GenerateOptions } from './options.ts';

const CONFIGS = {
  gpt2: { modelType: 'gpt2', vocabSize: 23, nPositions: 40, nEmbd: 12, nLayer: 2, nHead: 3 },
  llama: {
    modelType: 'llama',
    vocabSize: 29,
    hiddenSize: 16,
    intermediateSize: 20,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
  },
} as const;

/** A random model with weights large enough that its logits differ. */
function randomModel(kind: keyof typeof CONFIGS): CausalLm {
  const model = createModel({ ...CONFIGS[kind], initializerRange: 0.4 }, { seed: 7 });
  model.eval();
  return model;
}

/** The oracle: no cache, no padding, the whole text read again for every token. */
function naiveGreedy(model: CausalLm, prompt: readonly number[], maxNewTokens: number): number[] {
  const ids = [...prompt];
  while (ids.length < prompt.length + maxNewTokens) {
    const token = tf.tidy(() => {
      const logits = model.forward(tf.tensor2d(ids, [1, ids.length], 'int32')); // [1, T, V]
      const last = tf.slice(logits, [0, ids.length - 1, 0], [1, 1, -1]);
      return tf.argMax(tf.reshape(last, [-1])).dataSync()[0]!;
    });
    ids.push(token);
  }
  return ids.slice(prompt.length);
}

const PROMPTS = [[5, 9, 2, 17, 8], [3], [11, 4, 4]];
const greedy: GenerateOptions = { maxNewTokens: 9, stopTokens: [] };

beforeAll(() => useBackend('cpu'));

describe.each(['gpt2', 'llama'] as const)('generate with %s', (kind) => {
  it('equals the naive loop for each prompt of a padded batch', async () => {
    const model = randomModel(kind);
    const { sequences, finishReasons } = await generate(model, PROMPTS, greedy);
    expect(sequences).toEqual(PROMPTS.map((prompt) => naiveGreedy(model, prompt, 9)));
    expect(finishReasons).toEqual(['length', 'length', 'length']);
  });

  it('samples the same text for the same seed, and another for another', async () => {
    const model = randomModel(kind);
    const sampled = { ...greedy, temperature: 1, topK: 20, topP: 0.95 };
    const texts = await Promise.all(
      [1, 1, 2].map((seed) => generate(model, PROMPTS, { ...sampled, seed })),
    );
    expect(texts[0]).toEqual(texts[1]);
    expect(texts[0]!.sequences).not.toEqual(texts[2]!.sequences);
  });

  it('samples a row alone as it does in a batch', async () => {
    const model = randomModel(kind);
    const options = { ...greedy, temperature: 1, seed: 3 };
    const alone = await generate(model, PROMPTS[0]!, options);
    const batch = await generate(model, PROMPTS, options);
    expect(alone.sequences[0]).toEqual(batch.sequences[0]);
  });
});

describe('generate', () => {
  it('ends a row at a stop token, which it keeps, and lets the others go on', async () => {
    const model = randomModel('llama');
    const free = await generate(model, PROMPTS, greedy);
    const stop = free.sequences[1]![3]!;
    const first = (row: number[]): number => row.indexOf(stop);
    const { sequences, finishReasons } = await generate(model, PROMPTS, {
      ...greedy,
      stopTokens: [stop],
    });
    for (const [row, sequence] of free.sequences.entries()) {
      const end = first(sequence) < 0 ? sequence.length : first(sequence) + 1;
      expect(sequences[row]).toEqual(sequence.slice(0, end));
      expect(finishReasons[row]).toBe(first(sequence) < 0 ? 'length' : 'stop');
    }
  });

  it('forbids stop tokens before minNewTokens', async () => {
    const model = randomModel('gpt2');
    const free = await generate(model, [7, 8], greedy);
    const stop = free.sequences[0]![0]!;
    const options = { ...greedy, stopTokens: [stop], minNewTokens: 4 };
    const { sequences } = await generate(model, [7, 8], options);
    expect(sequences[0]!.length).toBeGreaterThanOrEqual(5);
    expect(sequences[0]!.slice(0, 4)).not.toContain(stop);
  });

  it('returns the log-probabilities that a forward pass gives the tokens', async () => {
    const model = randomModel('gpt2');
    const temperature = 0.7;
    const prompt = PROMPTS[0]!;
    const { sequences, logprobs } = await generate(model, prompt, {
      ...greedy,
      temperature,
      topK: 3,
      logprobs: true,
    });
    const ids = [...prompt, ...sequences[0]!];
    const expected = tf.tidy(() => {
      const logits = model.forward(tf.tensor2d(ids, [1, ids.length], 'int32'));
      const logSoftmax = tf.logSoftmax(tf.div(tf.reshape(logits, [ids.length, -1]), temperature));
      return logSoftmax.arraySync() as number[][];
    });
    for (const [i, logprob] of logprobs![0]!.entries()) {
      const at = prompt.length - 1 + i;
      expect(logprob).toBeCloseTo(expected[at]![ids[at + 1]!]!, 4);
    }
  });

  it('leaves dropout out and the model in training', async () => {
    const model = createModel({ ...CONFIGS.gpt2, initializerRange: 0.4 }, { seed: 7 });
    const { sequences } = await generate(model, PROMPTS, greedy);
    expect(Array.from(model.namedModules()).every(([, { training }]) => training)).toBe(true);
    model.eval();
    expect(sequences).toEqual((await generate(model, PROMPTS, greedy)).sequences);
  });

  it('leaves no tensor behind, also when aborted', async () => {
    const model = randomModel('llama');
    await generate(model, PROMPTS, greedy); // makes the rotary tables
    const before = tf.memory().numTensors;
    await generate(model, PROMPTS, greedy);
    const controller = new AbortController();
    const aborted = generate(model, PROMPTS, {
      ...greedy,
      signal: controller.signal,
      onToken: () => controller.abort(new Error('enough')),
    });
    await expect(aborted).rejects.toThrow('enough');
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('streams what generate returns, and frees the cache when left early', async () => {
    const model = randomModel('gpt2');
    const { sequences } = await generate(model, [7, 8], greedy);
    const before = tf.memory().numTensors;
    const seen: number[] = [];
    for await (const token of stream(model, [7, 8], greedy)) {
      seen.push(token);
      if (seen.length === 5) break;
    }
    expect(seen).toEqual(sequences[0]!.slice(0, 5));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives several texts of a prompt, the first as if it were alone', async () => {
    const model = randomModel('llama');
    const options = { ...greedy, temperature: 1, seed: [4, 9] };
    const { sequences } = await generate(model, PROMPTS.slice(0, 2), {
      ...options,
      numReturnSequences: 3,
    });
    expect(sequences).toHaveLength(6);
    expect(new Set(sequences.map(String)).size).toBe(6);
    for (const [i, seed] of [4, 9].entries()) {
      const alone = await generate(model, PROMPTS[i]!, {
        ...options,
        seed,
        numReturnSequences: 3,
      });
      expect(alone.sequences).toEqual(sequences.slice(3 * i, 3 * i + 3));
    }
  });

  it('writes the same for a seed wherever the prompt stands in a batch', async () => {
    const model = randomModel('gpt2');
    const options = { ...greedy, temperature: 1 };
    const [a, b, c] = PROMPTS as [number[], number[], number[]];
    const one = await generate(model, [a, b, c], { ...options, seed: [1, 2, 3] });
    const other = await generate(model, [c, a], { ...options, seed: [3, 1] });
    expect(other.sequences).toEqual([one.sequences[2], one.sequences[0]]);
  });

  it('lists the likeliest tokens of each step with their log-probabilities', async () => {
    const model = randomModel('llama');
    const options = { ...greedy, logprobs: true, topLogprobs: 4 };
    const { sequences, logprobs, topLogprobs } = await generate(model, PROMPTS, options);
    for (const [row, tokens] of sequences.entries()) {
      for (const [i, token] of tokens.entries()) {
        const top = topLogprobs![row]![i]!;
        expect(top).toHaveLength(4);
        expect(top[0]).toEqual({ token, logprob: logprobs![row]![i] }); // greedy
        expect(top.map(({ logprob }) => logprob)).toEqual(
          top.map(({ logprob }) => logprob).sort((x, y) => y - x),
        );
      }
    }
  });

  it('stops at a stop string that lies across tokens and cuts the text exactly', async () => {
    const model = randomModel('gpt2');
    const letters = 'abcdefghijklmnopqrstuvw';
    const tokenizer = {
      decodeStream: () => ({ push: (id: number) => `${letters[id]!}-`, flush: () => '' }),
    };
    const free = await generate(model, PROMPTS, { ...greedy, tokenizer });
    const text = free.texts![0]!;
    const stop = text.slice(3, 6); // '-x-': ends in the middle of nothing, begins in a token
    const pieces: string[] = [];
    const { sequences, texts, finishReasons } = await generate(model, PROMPTS[0]!, {
      ...greedy,
      tokenizer,
      stopStrings: [stop],
      onText: (piece) => pieces.push(piece),
    });
    expect(texts![0]).toBe(text.slice(0, text.indexOf(stop)));
    expect(pieces.join('')).toBe(texts![0]);
    expect(finishReasons).toEqual(['stop']);
    expect(sequences[0]).toEqual(
      free.sequences[0]!.slice(0, Math.ceil((text.indexOf(stop) + stop.length) / 2)),
    );
  });

  it('runs the processors over the row alone, not its padding', async () => {
    const model = randomModel('llama');
    const options = { ...greedy, repetitionPenalty: 1.8, noRepeatNgramSize: 2, badWords: [[0]] };
    const { sequences } = await generate(model, PROMPTS, options);
    for (const [i, prompt] of PROMPTS.entries())
      expect((await generate(model, prompt, options)).sequences[0]).toEqual(sequences[i]);
    expect(sequences).not.toEqual((await generate(model, PROMPTS, greedy)).sequences);
  });

  it.each([
    [[], greedy, 'generate: prompts: expected at least one, got none'],
    [[[]], greedy, 'generate: prompts[0]: expected at least one token, got none'],
    [[[99]], greedy, 'generate: prompts[0]: expected token ids in [0, 23), got 99'],
    [[[1]], { ...greedy, maxNewTokens: 0 }, 'maxNewTokens: expected a positive integer, got 0'],
    [[[1]], { ...greedy, maxNewTokens: 41 }, 'maxNewTokens: expected at most 40'],
    [[[1]], { ...greedy, topP: 0 }, 'topP: expected a number in (0, 1], got 0'],
    [[[1]], { ...greedy, seed: [1, 2] }, 'seed: expected one for each of 1 prompts, got 2'],
    [[[1]], { ...greedy, stopStrings: ['a'] }, 'tokenizer: expected the tokenizer whose text'],
  ])('refuses %j with %j', async (prompts, options, message) => {
    await expect(generate(randomModel('gpt2'), prompts, options)).rejects.toThrow(message);
  });

  it('runs with a layer replaced', async () => {
    const model = randomModel('llama');
    class Doubled extends nn.Module {
      constructor(readonly base: nn.Linear) {
        super();
      }
      forward(x: tf.Tensor): tf.Tensor {
        return tf.mul(this.base.forward(x), 2);
      }
    }
    const path = 'model.layers.1.selfAttn.qProj';
    const { sequences: plain } = await generate(model, PROMPTS, greedy);
    model.setModule(path, new Doubled(model.getModule(path) as nn.Linear));
    const { sequences } = await generate(model, PROMPTS, greedy);
    expect(sequences).not.toEqual(plain);
    expect(sequences).toEqual(PROMPTS.map((prompt) => naiveGreedy(model, prompt, 9)));
  });
});
