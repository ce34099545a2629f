import { useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { collate, joined } from '../data/collate.ts';
import type { TextTokenizer } from '../data/tokenizer.ts';
import { completionSums } from '../logprobs/completion-logprobs.ts';
import { expectNoLeak, take } from '../checks.test-support.ts';
import { tinyModel } from '../tiny-model.test-support.ts';
import { chooseLikeliest, scoreContinuations } from './continuations.ts';

beforeAll(() => useBackend('cpu'));

/** A character is a token: a = 1, b = 2, …, space = 9; 0 begins a text. */
const tokenizer: TextTokenizer = {
  encode: (text) => Array.from(text, (c) => (c === ' ' ? 9 : c.charCodeAt(0) - 96)),
  decode: (ids) => ids.join(' '),
  bosTokenId: 0,
};

const alone = (model: ReturnType<typeof tinyModel>, context: number[], rest: number[]): number =>
  take(completionSums(model, collate([joined(context, rest)])))[0]!;

describe('scoreContinuations', () => {
  it('sums log p of the continuation, with the spaces before it', () => {
    const model = tinyModel(3);
    model.eval();
    const items = [
      { context: 'ab ', continuation: 'cd' },
      { context: '', continuation: 'e' },
      { context: 'abcde', continuation: ' a' },
    ];
    const scores = scoreContinuations(model, tokenizer, items, { batchSize: 2 });
    expect(scores[0]!.logprob).toBeCloseTo(alone(model, [1, 2], [9, 3, 4]), 4);
    expect(scores[1]!.logprob).toBeCloseTo(alone(model, [0], [5]), 4);
    expect(scores[2]!.logprob).toBeCloseTo(alone(model, [1, 2, 3, 4, 5], [9, 1]), 4);
    expect(scores.map(({ tokens, cut }) => [tokens, cut])).toEqual([
      [3, 0],
      [1, 0],
      [2, 0],
    ]);
    expectNoLeak(() => void scoreContinuations(model, tokenizer, items));
    model.dispose();
  });

  it('cuts the beginning of contexts that are too long', () => {
    const model = tinyModel(3);
    model.eval();
    const [score] = scoreContinuations(
      model,
      tokenizer,
      [{ context: 'abcd', continuation: 'ef' }],
      { maxLength: 3 }, // reads c d e, predicts e f
    );
    expect(score).toMatchObject({ tokens: 2, cut: 2 });
    expect(score!.logprob).toBeCloseTo(alone(model, [3, 4], [5, 6]), 4);
    model.dispose();
  });

  it('says what greedy generation would write', () => {
    const model = tinyModel(3);
    model.eval();
    const letters = Array.from('abcdefgh');
    const scores = scoreContinuations(
      model,
      tokenizer,
      letters.map((continuation) => ({ context: 'a', continuation })),
    );
    const best = Math.max(...scores.map(({ logprob }) => logprob));
    for (const { logprob, isGreedy } of scores) if (isGreedy) expect(logprob).toBe(best);
    expect(scores.filter(({ isGreedy }) => isGreedy).length).toBeLessThanOrEqual(1);
    model.dispose();
  });

  it('refuses what it cannot score', () => {
    const model = tinyModel(3);
    expect(() =>
      scoreContinuations(model, tokenizer, [{ context: 'a', continuation: '' }]),
    ).toThrow('continuation 1: expected 1 to Infinity tokens, got 0');
    model.dispose();
  });
});

describe('chooseLikeliest', () => {
  it('chooses by the sum, and by the sum for each character', () => {
    // −2 for 2 characters, −3 for 6: the first has the larger sum, the second the larger mean
    const scores = [{ logprob: -2 }, { logprob: -3 }];
    expect(chooseLikeliest(scores, ['no', 'rather'])).toEqual({ bySum: 0, byLength: 1 });
    expect(chooseLikeliest([{ logprob: -1 }, { logprob: -1 }], ['a', 'b']).bySum).toBe(0);
  });
});
