// The newest checkpoint that is whole.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileSizes } from './durable.ts';
import { listCheckpoints } from './list-checkpoints.ts';
import { parseState, TRAINER_STATE_FILE, type StoredState } from './trainer-state.ts';

export interface FoundCheckpoint {
  readonly directory: string;
  readonly state: StoredState;
}

export interface CheckpointSearch {
  readonly found: FoundCheckpoint | undefined;
  /** Newer ones that were passed over, and why: `checkpoint-30: model.safetensors: …`. */
  readonly rejected: readonly string[];
}

/** Looks at checkpoints from the newest on and stops at the first whole one. */
export async function findCheckpoint(runDirectory: string): Promise<CheckpointSearch> {
  const rejected: string[] = [];
  for (const { directory, step } of await listCheckpoints(runDirectory)) {
    try {
      return { found: { directory, state: await readWhole(directory) }, rejected };
    } catch (error) {
      rejected.push(`checkpoint-${step}: ${(error as Error).message}`);
    }
  }
  return { found: undefined, rejected };
}

/** Reads trainer_state.json and checks every file that it lists. */
async function readWhole(directory: string): Promise<StoredState> {
  const text = await readFile(join(directory, TRAINER_STATE_FILE), 'utf8').catch(() => {
    throw new Error(`${TRAINER_STATE_FILE} is missing`);
  });
  const state = parseStateOf(text);
  const sizes = await fileSizes(directory);
  for (const [path, bytes] of Object.entries(state.files)) {
    if (sizes[path] === bytes) continue;
    throw new Error(`${path}: expected ${bytes} bytes, got ${sizes[path] ?? 'no file'}`);
  }
  return state;
}

function parseStateOf(text: string): StoredState {
  try {
    return parseState(text);
  } catch (error) {
    throw new Error(`${TRAINER_STATE_FILE} ${(error as Error).message}`);
  }
}
