// Looks at --out before any work is done, so that nobody waits for a run that cannot be written.
import { readdir, realpath } from 'node:fs/promises';
import type { Output } from './output.ts';

const CHECKPOINT = /^checkpoint-(\d+)$/;
const RESULTS = ['model.safetensors', 'model.safetensors.index.json', 'adapter_model.safetensors'];

async function entriesOf(out: string): Promise<string[]> {
  try {
    return await readdir(out);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    const got =
      code === 'ENOTDIR' ? 'a file on that path' : `a folder that cannot be read (${code})`;
    throw new Error(`--out: ${out}: expected a folder, got ${got}. Choose another folder.`);
  }
}

/** @throws Error when `out` is, or lies below, a file */
export async function checkFolder(out: string): Promise<void> {
  await entriesOf(out);
}

async function isSamePlace(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([a, b].map((path) => realpath(path).catch(() => path)));
  return first === second;
}

function newestCheckpoint(entries: readonly string[]): number | undefined {
  const steps = entries.flatMap((name) => Number(CHECKPOINT.exec(name)?.[1] ?? NaN));
  return steps.filter((step) => !Number.isNaN(step)).sort((a, b) => b - a)[0];
}

/**
 * Checks that a training run may be written to --out, and says what --resume will do.
 * @throws Error for a file in the way, for a run that was not to be resumed, for a finished model
 */
export async function checkRunFolder(
  values: { readonly out: string; readonly resume: boolean; readonly model?: string },
  output: Output,
): Promise<void> {
  const { out, resume, model } = values;
  const entries = await entriesOf(out);
  if (model !== undefined && (await isSamePlace(out, model))) {
    throw new Error(
      `--out: ${out}: expected a folder other than --model's. Choose another folder.`,
    );
  }
  const newest = newestCheckpoint(entries);
  if (resume) {
    output.note(
      newest === undefined
        ? `no checkpoint in ${out}: starting from the beginning`
        : `resuming ${out}: its newest checkpoint is checkpoint-${newest}`,
    );
    return;
  }
  if (newest !== undefined) {
    throw new Error(
      `--out: ${out}: expected a folder without checkpoints, got checkpoint-${newest}. Go on with that run (--resume) or choose another folder.`,
    );
  }
  const result = entries.find((name) => RESULTS.includes(name));
  if (result !== undefined) {
    throw new Error(
      `--out: ${out}: expected a folder without a model, got ${result}. Choose another folder; nothing is overwritten.`,
    );
  }
}
