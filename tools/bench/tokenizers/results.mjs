// Results of several runs in one file: what a run measured takes the place of the same columns measured before, so that
// a page can be made table by table, or column by column, whenever the machine is idle.
//
// { "cl100k": { columns: { "english encode": { cells: { ours: 70, … }, run: { date, machine, rounds } } },
//               worst: { cells: { … }, run }, memory: { … } } }
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export function readResults(path) {
  return path !== undefined && existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
}

export function writeResults(path, results) {
  writeFileSync(path, `${JSON.stringify(results, null, 1)}\n`);
}

/** Puts what was measured of one table into `results`. */
export function mergeTable(results, vocabulary, { columns, ...more }) {
  const before = results[vocabulary] ?? { columns: {} };
  const given = Object.entries(more).filter(([, value]) => value !== undefined);
  results[vocabulary] = {
    ...before,
    ...Object.fromEntries(given),
    columns: { ...before.columns, ...columns },
  };
}
