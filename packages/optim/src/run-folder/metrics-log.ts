// metrics.jsonl: one JSON object a line, one line an update. On resume, lines after the checkpoint's step and a line
// cut short by a kill are dropped first, so that the file reads as if the run had never stopped.

import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@llm/tensor/io';

export const METRICS_FILE = 'metrics.jsonl';

export type MetricsRecord = Readonly<Record<string, number>>;

export interface MetricsLog {
  append(record: MetricsRecord): Promise<void>;
  close(): Promise<void>;
}

/** Opens the log for appending after update `step` (0 begins a new one). */
export async function openMetricsLog(runDirectory: string, step: number): Promise<MetricsLog> {
  const path = join(runDirectory, METRICS_FILE);
  await writeFileAtomic(path, linesUpTo(await readIfThere(path), step));
  const handle = await open(path, 'a');
  return {
    append: async (record) => void (await handle.appendFile(`${JSON.stringify(record)}\n`)),
    close: () => handle.close(),
  };
}

/** The whole lines whose `step` is at most the given one. */
function linesUpTo(text: string, step: number): string {
  const lines = text.split('\n').filter((line) => line !== '' && stepOf(line) <= step);
  return lines.map((line) => `${line}\n`).join('');
}

function stepOf(line: string): number {
  try {
    const { step } = JSON.parse(line) as { step?: unknown };
    return typeof step === 'number' ? step : Infinity;
  } catch {
    return Infinity; // cut short by a kill
  }
}

async function readIfThere(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}
