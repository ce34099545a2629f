// Writes `checkpoint-N` so that a kill or a full disk at any moment leaves either the whole new checkpoint or none,
// and never harms an older one: everything goes to `checkpoint-N.tmp`, is synced, and renamed in one step.

import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkpointName, listCheckpoints, removeLeftovers } from './list-checkpoints.ts';
import { fileSizes, syncPath, syncTree } from './durable.ts';
import { stringifyState, TRAINER_STATE_FILE, type TrainerState } from './trainer-state.ts';

export interface CheckpointContent {
  readonly state: TrainerState;
  /** Writes the model's and optimizer's files into the given directory. */
  readonly writeFiles: (directory: string) => Promise<void>;
}

/** Returns the path of the finished checkpoint. On failure the unfinished one is removed. */
export async function writeCheckpoint(
  runDirectory: string,
  content: CheckpointContent,
): Promise<string> {
  const final = join(runDirectory, checkpointName(content.state.step));
  await replaceFolder(final, async (temporary) => {
    await content.writeFiles(temporary);
    const files = await fileSizes(temporary);
    await writeFile(
      join(temporary, TRAINER_STATE_FILE),
      stringifyState({ ...content.state, files }),
    );
  });
  return final;
}

/** Writes a folder whole or not at all: to a temporary one that is synced and renamed. An older one is replaced. */
export async function replaceFolder(
  final: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${final}.tmp`;
  try {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true });
    await write(temporary);
    await syncTree(temporary);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await replace(temporary, final);
  await syncPath(dirname(final));
}

/** Removes all but the newest `keep` checkpoints. One that is half removed has no valid name any more. */
export async function pruneCheckpoints(runDirectory: string, keep: number): Promise<void> {
  const old = (await listCheckpoints(runDirectory)).slice(keep);
  for (const { directory } of old) await rename(directory, `${directory}.old.tmp`);
  await removeLeftovers(runDirectory);
}

/** Renames over an existing directory, which rename alone cannot. */
async function replace(temporary: string, final: string): Promise<void> {
  const aside = `${final}.old.tmp`;
  if (existsSync(final)) {
    await rm(aside, { recursive: true, force: true });
    await rename(final, aside);
  }
  await rename(temporary, final);
  await rm(aside, { recursive: true, force: true });
}
