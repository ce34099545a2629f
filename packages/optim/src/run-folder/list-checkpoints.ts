// Names of checkpoints in a run folder: `checkpoint-N` after N updates; anything ending in `.tmp` is unfinished.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

export interface CheckpointEntry {
  readonly directory: string;
  readonly step: number;
}

export function checkpointName(step: number): string {
  return `checkpoint-${step}`;
}

/** Every `checkpoint-N`, newest first; [] when the folder does not exist. Whether they are whole is not looked at. */
export async function listCheckpoints(runDirectory: string): Promise<CheckpointEntry[]> {
  const entries: CheckpointEntry[] = [];
  for (const name of await namesIn(runDirectory)) {
    const match = /^checkpoint-(\d+)$/.exec(name);
    if (match) entries.push({ directory: join(runDirectory, name), step: Number(match[1]) });
  }
  return entries.sort((a, b) => b.step - a.step);
}

/** Unfinished checkpoints, and the temporary files of writeFileAtomic. */
const LEFTOVER = /^((checkpoint-\d+|best)(\.old)?|\..+\.\d+-[0-9a-f]{8})\.tmp$/;

/** Removes what a killed process left unfinished. */
export async function removeLeftovers(runDirectory: string): Promise<void> {
  for (const name of await namesIn(runDirectory)) {
    if (!LEFTOVER.test(name)) continue;
    await rm(join(runDirectory, name), { recursive: true, force: true });
  }
}

async function namesIn(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
