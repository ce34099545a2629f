/**
 * Merging a long piece of few different stretches, such as a megabyte of one letter: kept as runs of equal symbols, a
 * merge halves a run at a stroke. For ordered lists of merges only (`MergeTable.isOrdered`): there a rank, once done,
 * never comes back, so all its places may be merged at once, from the left.
 */
import type { MergeTable } from './merge-table.ts';

/** With more runs there is nothing to win. */
const MAX_RUNS = 32;

interface Run {
  symbol: number;
  count: number;
}

/** Merges `symbols[0..length)` in place; returns how many symbols are left, or −1 if there are too many runs. */
export function mergeRuns(table: MergeTable, symbols: Int32Array, length: number): number {
  let runs = findRuns(symbols, length);
  if (runs === undefined) return -1;
  for (;;) {
    const rank = lowestRank(table, runs);
    if (rank < 0) return expand(runs, symbols);
    runs = mergeRank(table, runs, rank);
  }
}

function findRuns(symbols: Int32Array, length: number): Run[] | undefined {
  const runs: Run[] = [];
  for (let i = 0; i < length;) {
    const symbol = symbols[i] as number;
    const start = i;
    while (i < length && symbols[i] === symbol) i++;
    if (runs.length === MAX_RUNS) return undefined;
    runs.push({ symbol, count: i - start });
  }
  return runs;
}

function lowestRank(table: MergeTable, runs: readonly Run[]): number {
  let lowest = -1;
  runs.forEach(({ symbol, count }, i) => {
    const next = runs[i + 1];
    const ranks = [
      count > 1 ? table.rankOf(symbol, symbol) : -1,
      next === undefined ? -1 : table.rankOf(symbol, next.symbol),
    ];
    for (const rank of ranks) if (rank >= 0 && (lowest < 0 || rank < lowest)) lowest = rank;
  });
  return lowest;
}

/** All places of one rank: pairs within a run, of which an odd symbol stays at the right, or the pair at a border. */
function mergeRank(table: MergeTable, runs: readonly Run[], rank: number): Run[] {
  const merged = table.mergedOf(rank);
  const result: Run[] = [];
  const left = runs.map((run) => ({ ...run }));
  left.forEach((run, i) => {
    const next = left[i + 1];
    if (run.count > 1 && table.rankOf(run.symbol, run.symbol) === rank) {
      append(result, merged, run.count >> 1);
      append(result, run.symbol, run.count & 1);
    } else if (
      run.count > 0 &&
      next !== undefined &&
      table.rankOf(run.symbol, next.symbol) === rank
    ) {
      append(result, run.symbol, run.count - 1);
      append(result, merged, 1);
      next.count--;
    } else append(result, run.symbol, run.count);
  });
  return result;
}

function append(runs: Run[], symbol: number, count: number): void {
  if (count === 0) return;
  const last = runs.at(-1);
  if (last?.symbol === symbol) last.count += count;
  else runs.push({ symbol, count });
}

function expand(runs: readonly Run[], symbols: Int32Array): number {
  let length = 0;
  for (const { symbol, count } of runs) {
    symbols.fill(symbol, length, length + count);
    length += count;
  }
  return length;
}
