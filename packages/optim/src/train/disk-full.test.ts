import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@llm/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CheckpointError, train } from '../index.ts';
import { bitsOf, tinyRun } from '../test/tiny-model.ts';

let mount: string;
let reason: string | undefined;

/** A file system of 256 KiB, for which Linux wants root. */
function mountTmpfs(path: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', path], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `needs root on Linux to mount a small tmpfs: ${(error as Error).message}`;
  }
}

beforeAll(async () => {
  await useBackend('cpu');
  mount = await mkdtemp(join(tmpdir(), 'full-'));
  reason = mountTmpfs(mount);
});
afterAll(async () => {
  if (reason === undefined) execFileSync('umount', [mount]);
  await rm(mount, { recursive: true });
});

it('ends a run on a full disk with one clear error, and loses nothing', async (context) => {
  if (reason !== undefined) return context.skip(reason);
  const directory = join(mount, 'run');
  const checkpoint = {
    directory,
    every: 4,
    // The second checkpoint does not fit.
    save: (folder: string) => writeFile(join(folder, 'big.bin'), Buffer.alloc(150_000)),
  };
  const failed: unknown = await train(tinyRun({ checkpoint })).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(CheckpointError);
  expect((failed as Error).message).toMatch(
    /^train: checkpoint-8: expected to write to .*run, but the disk is full \(ENOSPC\)\. The last complete checkpoint is .*checkpoint-4\./,
  );
  expect((await readdir(directory)).filter((name) => !name.startsWith('events.'))).toEqual([
    ...['checkpoint-4', 'metrics.jsonl'],
  ]);
  const whole = tinyRun();
  await train(whole);
  const smaller = { ...checkpoint, save: async () => {} };
  const rest = tinyRun({ checkpoint: smaller, resume: true });
  expect(await train(rest)).toMatchObject({ resumedFrom: 4, step: 12 });
  expect(bitsOf(rest.model)).toEqual(bitsOf(whole.model));
});

it('says so too when the model itself does not fit', async (context) => {
  if (reason !== undefined) return context.skip(reason);
  const directory = join(mount, 'third');
  const onStep = async ({ step }: { step: number }) => {
    if (step !== 3) return;
    await appendFile(join(mount, 'filler'), Buffer.alloc(300_000)).catch(() => {}); // all but a page
  };
  const run = train(tinyRun({ onStep, checkpoint: { directory, every: 4 } }));
  await expect(run).rejects.toThrow(/checkpoint-4: expected to write to .* the disk is full/);
  expect(await readdir(directory)).not.toContain('checkpoint-4.tmp');
});

it('says so too when the logs do not fit', async (context) => {
  if (reason !== undefined) return context.skip(reason);
  await appendFile(join(mount, 'filler'), Buffer.alloc(300_000)).catch(() => {});
  const directory = join(mount, 'another');
  await expect(train(tinyRun({ checkpoint: { directory } }))).rejects.toThrow(
    /but the disk is full \(ENOSPC\)\. No checkpoint had been written yet\./,
  );
});
