import { describe, expect, it } from 'vitest';
import { rankingRule } from './ranking-rule.ts';

const score = rankingRule([
  { name: 'Peru', facts: { capital: 'Lima', code: '.pe' } },
  { name: 'France', facts: { capital: 'Paris' } },
]);
const question = { country: 'Peru', field: 'capital', prompt: '', answer: 'Lima' } as const;

describe('rankingRule', () => {
  it.each([
    [' Lima', 2],
    ['Paris', 1],
    ['.pe', 0], // known, but no capital, and no letter of Lima in it
    ['Lim', (0.49 * 2 * 3) / 7], // 3 letters shared of 3 + 4
    ['', 0],
  ])('scores %j with %d', (answer, expected) => {
    expect(score(question, answer)).toBeCloseTo(expected, 12);
  });
});
