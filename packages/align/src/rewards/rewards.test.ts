import { useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, fixture } from '../checks.test-support.ts';
import { accuracyReward } from './accuracy-reward.ts';
import type { CompletionReward, RewardInput } from './completion-reward.ts';
import {
  cosineScaledReward,
  repetitionPenaltyReward,
  softOverlongPunishment,
  thinkFormatReward,
} from './format-rewards.ts';
import { scoreCompletions } from './score-completions.ts';

beforeAll(() => useBackend('cpu'));

const { rewards: trl } = fixture<{
  rewards: {
    texts: string[];
    ids: number[][];
    right: (boolean | null)[];
    think_format: number[];
    cosine: (number | null)[];
    repetition: number[];
    repetition2: number[];
    overlong: number[];
  };
}>('trl-groups');

function input(completions: readonly string[], more: Partial<RewardInput> = {}): RewardInput {
  return {
    prompts: completions.map(() => 'p'),
    completions,
    completionIds: completions.map(() => []),
    isFinished: completions.map(() => true),
    columns: {},
    logMetric: () => {},
    logExtra: () => {},
    ...more,
  };
}
const numbers = (scores: readonly (number | null)[]) => scores.map((score) => score ?? NaN);

describe('the built-in rewards give what those of TRL give', () => {
  const given = input(trl.texts, { completionIds: trl.ids });

  it('think format', async () => {
    expect(await thinkFormatReward(given)).toEqual(trl.think_format);
  });

  it('repetition and length', async () => {
    const of = async (reward: CompletionReward) => numbers(await reward(given));
    expectClose(await of(repetitionPenaltyReward()), trl.repetition);
    expectClose(
      await of(repetitionPenaltyReward({ ngramSize: 2, maxPenalty: -0.5 })),
      trl.repetition2,
    );
    expectClose(await of(softOverlongPunishment({ maxLength: 6, cache: 4 })), trl.overlong);
  });

  it('cosine of the length, by whether the answer is right', async () => {
    const solution = trl.right.map((right) => (right === null ? undefined : 'yes'));
    const completions = trl.right.map((right) => (right ? 'yes' : 'no'));
    const scores = await cosineScaledReward({ maxLength: 6 })(
      input(completions, { completionIds: trl.ids, columns: { solution } }),
    );
    expect(scores.map((score) => score === null)).toEqual(trl.cosine.map((x) => x === null));
    expectClose(
      numbers(scores).filter((score) => !Number.isNaN(score)),
      trl.cosine.filter((score) => score !== null),
    );
  });
});

describe('accuracyReward', () => {
  it.each([
    ['The answer is 72.', '#### 72', 1],
    ['so she has 1,234 apples and 5 left', '5', 1],
    ['48/2 = 24, and 48 + 24 = 72', 'Natalia … #### 72', 1],
    ['I get \\boxed{\\frac{1}{2}} of it, 3 times', '0.5', 1],
    ['\\boxed{x^{2}+1}', '$x^{2} + 1$', 1],
    ['The answer is 1,200', '1200', 1],
    ['answer: 50%', '1/2', 1],
    ['Answer: Paris\nIt is in France', 'paris', 1],
    ['the answer is 7 or 8', '8', 0],
    ['-3', '3', 0],
    ['no idea', '3', 0],
    ['Rome', 'Paris', 0],
  ])('of %j for %j is %d', async (text, solution, score) => {
    const given = input([text], { columns: { solution: [solution] } });
    expect(await accuracyReward()(given)).toEqual([score]);
  });

  it('is null for a row without a solution, and reads any column', async () => {
    const given = input(['4', '4', '5'], { columns: { result: ['4', undefined, 5] } });
    expect(await accuracyReward({ column: 'result' })(given)).toEqual([1, null, 1]);
  });

  it('counts only what follows the reasoning', async () => {
    const texts = ['<think>3</think> 4', '<think>4</think> 3', '4'];
    const given = input(texts, { columns: { solution: ['4', '4', '4'] } });
    const reward = accuracyReward({ reasoningDelimiters: ['</think>'] });
    expect(await reward(given)).toEqual([1, 0, 0]);
  });
});

describe('scoreCompletions', () => {
  const completions = ['a', 'b'].map((text, i) => ({
    ...{ prompt: `p${i}`, text, columns: i === 0 ? { answer: 'a' } : {} },
    ...{ promptIds: [2], completionIds: [i + 3], isFinished: i === 0 },
  }));

  it('tells functions of texts, ids, ends and columns, and runs asynchronous ones side by side', async () => {
    let running = 0;
    let most = 0;
    const slow = async function slow({ completionIds }: RewardInput) {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running -= 1;
      return completionIds.map(([id]) => id!);
    };
    const exact: CompletionReward = (given) => {
      given.logMetric('asked', 1);
      given.logMetric('asked', 2);
      given.logExtra('end', given.isFinished);
      return given.completions.map((text, i) => {
        const answer = given.columns['answer']![i];
        return answer === undefined ? null : Number(text === answer);
      });
    };
    const table = await scoreCompletions([slow, exact, slow], completions);
    expect(table.names).toEqual(['slow', 'exact', 'slow_2']);
    expect(table.values).toEqual([
      [3, 4],
      [1, NaN],
      [3, 4],
    ]);
    expect(table.metrics).toEqual({ asked: 1.5 });
    expect(table.extra).toEqual({ end: [true, false] });
    expect(most).toBe(2);
  });

  it.each([
    [() => [1], 'expected 2 finite numbers or nulls, one for each completion, got 1: [1]'],
    [() => [1, NaN], 'got 2: [1, NaN]'],
    [() => undefined as never, 'got undefined'],
  ])('refuses what is not one number a completion', async (reward, message) => {
    await expect(scoreCompletions([reward], completions)).rejects.toThrow(message);
  });
});
