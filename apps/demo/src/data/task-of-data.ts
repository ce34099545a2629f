// What data files are good for, by their names and the columns of their first row.
import { DataError, readJsonLines } from './text-files.ts';

export const EVAL_TASKS = ['text', 'match', 'choice', 'preference'] as const;
export type EvalTask = (typeof EVAL_TASKS)[number];

const COLUMNS: readonly (readonly [column: string, task: EvalTask])[] = [
  ['text', 'text'],
  ['chosen', 'preference'],
  ['choices', 'choice'],
  ['completion', 'match'],
  ['messages', 'match'],
  ['conversations', 'match'],
  ['instruction', 'match'],
];

async function taskOfRows(path: string): Promise<EvalTask> {
  for await (const row of readJsonLines(path)) {
    const found = COLUMNS.find(([column]) => column in row);
    if (found) return found[1];
    throw new DataError(
      `${path}: row 1: expected the columns text, prompt and completion, messages, prompt and choices, or chosen and rejected, got ${Object.keys(row).join(', ') || 'none'}. Rename the columns.`,
    );
  }
  throw new DataError(`${path}: expected at least one row, got none.`);
}

/** @throws DataError when the files are for different tasks */
export async function taskOfData(paths: readonly string[]): Promise<EvalTask> {
  const tasks: EvalTask[] = [];
  for (const path of paths) {
    const isRows = path.replace(/\.gz$/, '').endsWith('.jsonl');
    tasks.push(isRows ? await taskOfRows(path) : 'text');
  }
  const other = tasks.findIndex((task) => task !== tasks[0]);
  if (other > 0) {
    throw new DataError(
      `--data: expected files of one kind, got ${paths[0]} (${tasks[0]}) and ${paths[other]} (${tasks[other]}). Evaluate them one after the other.`,
    );
  }
  return tasks[0] as EvalTask;
}
