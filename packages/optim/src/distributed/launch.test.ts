// Real processes: the same bits, an end with the first failure, none left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@llm/tensor';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { train } from '../index.ts';
import { bundle } from '../test/bundle.ts';
import { bitsOf, tinyRun } from '../test/tiny-model.ts';
import { isWorker, joinLaunched, launchWorkers, threadsPerWorker } from './index.ts';

let scratch: string;
let program: string;
beforeAll(async () => {
  await useBackend('cpu');
  scratch = await mkdtemp(join(tmpdir(), 'launch-'));
  program = join(scratch, 'launched-run.mjs');
  await bundle(fileURLToPath(new URL('../test/launched-run.ts', import.meta.url)), program);
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const read = (name: string) => readFile(join(scratch, name), 'utf8');
const pids = async () =>
  (await Promise.all(['pid-0', 'pid-1'].map(read))).map((text) => Number(text));

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

afterEach(async () => {
  await until(async () => (await pids()).every((pid) => !isAlive(pid)));
  await Promise.all(['pid-0', 'pid-1'].map((name) => rm(join(scratch, name))));
});

it('trains in two processes to the bits of one', async () => {
  const whole = tinyRun();
  await train(whole);
  await launchWorkers({ workers: 2, argv: [program, 'train', scratch] });
  for (const rank of ['0', '1']) {
    expect(JSON.parse(await read(rank))).toEqual(bitsOf(whole.model));
  }
});

it('checks its options', async () => {
  await Promise.all(['pid-0', 'pid-1'].map((name) => writeFile(join(scratch, name), '999999999')));
  expect(isWorker()).toBe(false);
  expect(threadsPerWorker(1000)).toBe(1);
  await expect(joinLaunched()).rejects.toThrow('Start workers with launchWorkers');
  await expect(launchWorkers({ workers: 0, argv: [] })).rejects.toThrow(
    'launchWorkers: workers: expected a positive integer, got 0.',
  );
  await expect(launchWorkers({ workers: 1, nodes: 2, argv: [] })).rejects.toThrow(
    'expected address and token with several machines, got none',
  );
  await expect(launchWorkers({ workers: 1, node: 1, argv: [] })).rejects.toThrow(
    'launchWorkers: node: expected an integer from 0 to 0, got 1.',
  );
});

it('ends all when one is killed, and says which', async () => {
  await expect(launchWorkers({ workers: 2, argv: [program, 'fail', scratch] })).rejects.toThrow(
    'launchWorkers: expected all 2 workers to finish, but rank 1 ended with SIGKILL',
  );
  expect(await read('error-0')).toMatch(/rank 1: expected it to stay until the end, but/);
});

it('takes its workers along when the launcher is killed', async () => {
  const launcher = join(scratch, 'launcher.mjs');
  const source = new URL('./launch.ts', import.meta.url);
  const entry = join(scratch, 'launcher-entry.ts');
  const call = `await launchWorkers({ workers: 2, argv: ${JSON.stringify([program, 'hang', scratch])} });`;
  await writeFile(
    entry,
    `import { launchWorkers } from ${JSON.stringify(fileURLToPath(source))};\n${call}\n`,
  );
  await bundle(entry, launcher);
  const child = spawn(process.execPath, [launcher], { stdio: 'ignore' });
  await until(async () => (await pids().catch(() => [])).length === 2);
  expect((await pids()).every(isAlive)).toBe(true);
  child.kill('SIGKILL');
  await once(child, 'exit');
  // afterEach waits for the workers to be gone
});
