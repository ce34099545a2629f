import { describe, expect, it } from 'vitest';
import { VOCABULARY } from '../random-text.ts';
import { TokenConstraint } from '../token-constraint.ts';
import { integerRange } from './number-range.ts';

describe('integerRange', () => {
  it.each([
    [0, 0],
    [0, 9],
    [7, 13],
    [-3, 4],
    [-120, -7],
    [95, 1004],
    [-1, 0],
    [250, 260],
  ])('writes %i … %i and nothing else', (min, max) => {
    const rules = new Map([['root', integerRange(min, max)!]]);
    const constraint = new TokenConstraint({ rules, root: 'root' }, VOCABULARY);
    const accepts = (text: string): boolean => {
      try {
        return constraint.isAccepting(constraint.stateAfter([...new TextEncoder().encode(text)]));
      } catch {
        return false;
      }
    };
    for (let n = min - 25; n <= max + 25; n++)
      expect(accepts(String(n)), String(n)).toBe(n >= min && n <= max);
    for (const text of ['', '-', '-0', '00', '01', '1.']) expect(accepts(text), text).toBe(false);
  });

  it('has none where the bounds leave none', () => expect(integerRange(2.1, 2.9)).toBeNull());
});
