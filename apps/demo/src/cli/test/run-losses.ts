// What a run of the tests logged.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The loss of each update in a run folder's metrics.jsonl. */
export function lossesOf(run: string): number[] {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8').trim().split('\n');
  return lines.map((line) => (JSON.parse(line) as { loss: number }).loss);
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
