// Random models write what a constraint demands, whichever way tokens are chosen.
import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { compileConstraint } from '../constraint/constraint.ts';
import { STOP, textOf, VOCABULARY } from '../constraint/random-text.ts';
import type { CausalLm } from '../models/causal-lm.ts';
import { createModel } from '../models/create-model.ts';
import { generate } from './generate.ts';
import type { GenerateOptions } from './options.ts';

const SIZES = { vocabSize: VOCABULARY.length + 3, nEmbd: 12, nLayer: 1, nHead: 2, nPositions: 64 };

function randomModel(seed: number): CausalLm {
  const model = createModel({ modelType: 'gpt2', ...SIZES, initializerRange: 0.6 }, { seed });
  model.eval();
  return model;
}

const SCHEMA = {
  type: 'object',
  properties: { a: { type: 'integer' }, b: { type: 'array', items: { type: 'boolean' } } },
  required: ['a', 'b'],
};

const MODES: Partial<GenerateOptions>[] = [
  {},
  { temperature: 1.5, numReturnSequences: 3 },
  { numBeams: 3, numReturnSequences: 2 },
  { temperature: 1, topK: 5, topP: 0.9, repetitionPenalty: 1.3 },
  { stopTokens: [] },
];

beforeAll(() => useBackend('cpu'));

describe('generate with a constraint', () => {
  it.each(MODES)('writes JSON of the schema with %j', async (mode) => {
    const constraint = compileConstraint({ jsonSchema: SCHEMA }, VOCABULARY);
    for (const seed of [1, 2]) {
      const model = randomModel(seed);
      const options = { maxNewTokens: 24, stopTokens: [STOP], constraint, seed, ...mode };
      const { sequences, finishReasons } = await generate(model, [[65, 66], [67]], options);
      for (const [i, tokens] of sequences.entries()) {
        const written = tokens.at(-1) === STOP ? tokens.slice(0, -1) : tokens;
        const value = JSON.parse(textOf(written)) as { a: number; b: boolean[] };
        expect(Number.isInteger(value.a)).toBe(true);
        expect(value.b.every((item) => typeof item === 'boolean')).toBe(true);
        expect(finishReasons[i]).toBe('stop'); // the closing brace ends it
      }
      model.dispose();
    }
  });

  it('ends a text that may go on with a stop token, and only where it is whole', async () => {
    const constraint = compileConstraint({ regex: '(ab)+' }, VOCABULARY);
    const options = { maxNewTokens: 30, stopTokens: [STOP], constraint, temperature: 1 };
    for (let seed = 0; seed < 8; seed++) {
      const { sequences, finishReasons } = await generate(randomModel(3), [65], {
        ...options,
        seed,
      });
      const isStopped = sequences[0]!.at(-1) === STOP;
      expect(finishReasons[0]).toBe(isStopped ? 'stop' : 'length');
      expect(textOf(sequences[0]!.filter((id) => id !== STOP))).toMatch(/^(ab)+$/);
    }
  });

  it('says when other options leave no token, or maxNewTokens no text', async () => {
    const model = randomModel(3);
    const constraint = compileConstraint({ regex: 'abc' }, VOCABULARY);
    const before = tf.memory().numTensors;
    await expect(
      generate(model, [65], { maxNewTokens: 5, constraint, suppressTokens: [97, 263] }),
    ).resolves.toBeDefined(); // 'abc' is a token of its own
    await expect(
      generate(model, [65], { maxNewTokens: 5, constraint, allowedTokens: () => [98] }),
    ).rejects.toThrow('expected a token that may follow, got none');
    await expect(generate(model, [65], { maxNewTokens: 2, constraint })).rejects.toThrow(
      'maxNewTokens: expected at least 3',
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});
