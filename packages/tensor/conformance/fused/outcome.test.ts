// The checker itself: a wrong answer must not pass.
import { describe, expect, it } from 'vitest';
import { distance } from './outcome.ts';

describe('distance', () => {
  const expected = [0.5, -2, 4];

  it('is 0 for the same numbers', () => {
    expect(distance(expected, expected)).toBe(0);
  });

  it('is the largest gap over the largest expected value', () => {
    expect(distance([0.5, -2, 4.4], expected)).toBeCloseTo(0.1, 12);
  });

  it.each([
    ['zeros', [0, 0, 0]],
    ['negated values', [-0.5, 2, -4]],
    ['shifted values', [-2, 4, 0.5]],
    ['too few values', [0.5, -2]],
    ['a NaN', [0.5, NaN, 4]],
  ])('is large for %s', (_, wrong) => {
    expect(distance(wrong, expected)).toBeGreaterThan(0.9);
  });
});
