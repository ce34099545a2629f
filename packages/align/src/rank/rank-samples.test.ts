import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankSamples } from './rank-samples.ts';

const answers = [
  { text: 'so-so', score: 2 },
  { text: 'good', score: 5 },
  { text: 'bad', score: -1 },
];

describe('rankSamples', () => {
  it('sets the best against the worst', () => {
    expect(rankSamples('p', answers)).toEqual([
      { prompt: 'p', chosen: 'good', rejected: 'bad', margin: 6 },
    ]);
  });

  it('or every answer against every worse one, largest gap first', () => {
    const triples = rankSamples('p', answers, { pairs: 'all' });
    expect(triples.map(({ chosen, rejected, margin }) => [chosen, rejected, margin])).toEqual([
      ['good', 'bad', 6],
      ['good', 'so-so', 3],
      ['so-so', 'bad', 3],
    ]);
    expect(rankSamples('p', answers, { pairs: 'all', maxPairs: 1 })).toHaveLength(1);
    expect(rankSamples('p', answers, { pairs: 'all', minGap: 4 })).toHaveLength(1);
  });

  it('makes no pair of equals, of a repeated answer, or of one answer', () => {
    expect(
      rankSamples('p', [
        { text: 'a', score: 1 },
        { text: 'b', score: 1 },
      ]),
    ).toEqual([]);
    expect(
      rankSamples('p', [
        { text: 'a', score: 1 },
        { text: 'a', score: 9 },
      ]),
    ).toEqual([]);
    expect(rankSamples('p', answers.slice(0, 1))).toEqual([]);
    expect(rankSamples('p', [])).toEqual([]);
  });

  it('never prefers the worse answer', () => {
    const answer = fc.record({
      text: fc.string({ maxLength: 2 }),
      score: fc.integer({ min: -3, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(answer, { maxLength: 6 }), (given) => {
        const best = (text: string) =>
          Math.max(...given.filter((item) => item.text === text).map((item) => item.score));
        for (const { chosen, rejected, margin } of rankSamples('p', given, { pairs: 'all' })) {
          expect(best(chosen) - best(rejected)).toBe(margin);
          expect(margin).toBeGreaterThan(0);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('refuses a negative gap', () => {
    expect(() => rankSamples('p', answers, { minGap: -1 })).toThrow(
      'minGap: expected a number ≥ 0, got -1',
    );
  });
});
