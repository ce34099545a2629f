import { describe, expect, it } from 'vitest';
import { exactMatch } from './exact-match.ts';
import { winRate } from './win-rate.ts';

describe('exactMatch', () => {
  it('is the share of equal answers, outer spaces aside', () => {
    expect(exactMatch([' Paris', 'Rome', 'oslo'], ['Paris ', 'Lima', 'Oslo'])).toBeCloseTo(1 / 3);
    expect(() => exactMatch(['a'], [])).toThrow(
      'expected as many texts as answers, at least one, got 0 for 1',
    );
  });
});

describe('winRate', () => {
  it('counts a tie as half a win', () => {
    // win, loss, tie, win: (1 + 0 + ½ + 1) / 4
    expect(winRate([3, 1, 2, 5], [2, 2, 2, 0])).toBe(0.625);
    expect(() => winRate([], [])).toThrow('at least one, got 0 for 0');
  });
});
