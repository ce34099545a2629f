import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@llm/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findCheckpoint, train } from '../index.ts';
import { bundle } from '../test/bundle.ts';
import { bitsOf, tinyRun } from '../test/tiny-model.ts';

let scratch: string;
let program: string;

beforeAll(async () => {
  await useBackend('cpu');
  scratch = await mkdtemp(join(tmpdir(), 'kill-'));
  program = join(scratch, 'killed-run.mjs');
  await bundle(fileURLToPath(new URL('../test/killed-run.ts', import.meta.url)), program);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Starts the program and kills it when it is half through its `count`-th checkpoint. */
function runAndKill(directory: string, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, directory, String(count)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout.once('data', () => child.kill('SIGKILL'));
    child.on('exit', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`exit ${code}: ${errors}`)),
    );
  });
}

it('resumes to the same bits after SIGKILLs in the middle of checkpoint writes', async () => {
  const whole = tinyRun();
  await train(whole);
  const directory = join(scratch, 'run');
  await runAndKill(directory, 1); // the very first checkpoint
  expect((await findCheckpoint(directory)).found).toBeUndefined();
  expect(await readdir(directory)).toContain('checkpoint-2.tmp'); // the kill came in the middle
  await runAndKill(directory, 2); // 2 is written, 4 is not
  expect((await findCheckpoint(directory)).found!.state.step).toBe(2);
  await runAndKill(directory, 3); // 4 and 6 are written, 8 is not
  expect(await readdir(directory)).toContain('checkpoint-8.tmp');
  const rest = tinyRun({ checkpoint: { directory, every: 2, save: async () => {} }, resume: true });
  expect(await train(rest)).toMatchObject({ resumedFrom: 6, step: 12, rejectedCheckpoints: [] });
  expect(bitsOf(rest.model)).toEqual(bitsOf(whole.model));
  expect((await readdir(directory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});
