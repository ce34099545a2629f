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
    ['.pe', 0], // known, but no capital
    ['Lima.', 0],
    ['', 0],
  ])('scores %j with %d', (answer, expected) => {
    expect(score(question, answer)).toBe(expected);
  });
});
