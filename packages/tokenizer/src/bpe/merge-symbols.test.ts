import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeByHeap } from './merge-by-heap.ts';
import { mergeRuns } from './merge-runs.ts';
import { mergeByScan, mergeSymbols, SCAN_LIMIT } from './merge-symbols.ts';
import { MergeTable } from './merge-table.ts';

type Rule = readonly [left: number, right: number, merged: number];

function tableOf(rules: readonly Rule[]): MergeTable {
  const table = new MergeTable(rules.length);
  rules.forEach(([left, right, merged], rank) => table.add(left, right, rank, merged));
  return table;
}

/** The definition, word for word: the lowest rank, the leftmost place, again and again. */
function mergeNaively(rules: readonly Rule[], symbols: readonly number[]): number[] {
  const result = [...symbols];
  for (;;) {
    const isAt = (rule: Rule, i: number): boolean =>
      result[i] === rule[0] && result[i + 1] === rule[1];
    const rule = rules.find((candidate) => result.some((_, i) => isAt(candidate, i)));
    if (rule === undefined) return result;
    const place = result.findIndex((_, i) => isAt(rule, i));
    result.splice(place, 2, rule[2]);
  }
}

function run(merge: typeof mergeByScan, table: MergeTable, symbols: readonly number[]): number[] {
  const array = Int32Array.from(symbols);
  return Array.from(array.subarray(0, merge(table, array, array.length)));
}

/** Merges as a trainer makes them: each joins two tokens that exist and makes the next id. Ids below 4 are letters. */
const trainedRules = fc
  .array(fc.tuple(fc.nat(1000), fc.nat(1000)), { maxLength: 30 })
  .map((pairs) => {
    const rules: Rule[] = [];
    for (const [a, b] of pairs) {
      const ids = 4 + rules.length;
      const [left, right] = [a % ids, b % ids];
      if (!rules.some((rule) => rule[0] === left && rule[1] === right))
        rules.push([left, right, ids]);
    }
    return rules;
  });
const letters = fc.array(fc.nat(3), { maxLength: 60 });

describe('merging symbols', () => {
  // Rules in order: ab → 4, ca → 5, 4c → 6. In c a b c both ca and ab could merge; ab has the lower rank.
  const rules: Rule[] = [
    [0, 1, 4],
    [2, 0, 5],
    [4, 2, 6],
  ];

  it('takes the lowest rank first, not the leftmost pair', () => {
    expect(run(mergeSymbols, tableOf(rules), [2, 0, 1, 2])).toEqual([2, 6]);
  });

  it('takes the leftmost of overlapping equal pairs', () => {
    expect(run(mergeSymbols, tableOf([[0, 0, 4]]), [0, 0, 0])).toEqual([4, 0]);
  });

  it('gives the same by scan, by rank and by heap as by the definition', () => {
    fc.assert(
      fc.property(trainedRules, letters, (generated, symbols) => {
        const table = tableOf(generated);
        const expected = mergeNaively(generated, symbols);
        expect(table.isOrdered).toBe(true);
        expect(run(mergeByScan, table, symbols)).toEqual(expected);
        expect(run(mergeByHeap, table, symbols)).toEqual(expected);
        const byRank = (t: MergeTable, s: Int32Array, n: number): number =>
          t.rankMerger.merge(s, n);
        expect(run(byRank, table, symbols)).toEqual(expected);
        // The work space must be clean for the next piece.
        expect(run(byRank, table, symbols)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same by scan and by heap for merges in any order', () => {
    const anyOrder = trainedRules.chain((generated) => fc.shuffledSubarray(generated));
    fc.assert(
      fc.property(anyOrder, letters, (generated, symbols) => {
        const table = tableOf(generated);
        const expected = mergeNaively(generated, symbols);
        expect(run(mergeByScan, table, symbols)).toEqual(expected);
        expect(run(mergeByHeap, table, symbols)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('gives the same by runs as by the definition', () => {
    const runs = fc
      .array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 5 })
      .map((parts) => parts.flatMap(([symbol, count]) => new Array<number>(count).fill(symbol)));
    fc.assert(
      fc.property(trainedRules, runs, (generated, symbols) => {
        const table = tableOf(generated);
        expect(run(mergeRuns, table, symbols)).toEqual(mergeNaively(generated, symbols));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves pieces of many runs to the other ways', () => {
    const mixed = Int32Array.from({ length: 100 }, (_, i) => i % 2);
    expect(mergeRuns(tableOf(rules), mixed, 100)).toBe(-1);
    expect(mixed[1]).toBe(1);
  });

  it('knows a list whose merges come before their parts, and does not sweep it by rank', () => {
    const table = tableOf([
      [4, 2, 6],
      [0, 1, 4],
    ]);
    expect(table.isOrdered).toBe(false);
    const symbols = new Array<number[]>(SCAN_LIMIT).fill([0, 1, 2]).flat();
    expect(run(mergeSymbols, table, symbols)).toEqual(new Array<number>(SCAN_LIMIT).fill(6));
  });
});
