import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
const before = process.cwd();
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'readme-'));
  process.chdir(directory);
});
afterEach(async () => {
  process.chdir(before);
  vi.restoreAllMocks();
  await rm(directory, { recursive: true });
});

it.each(['readme.ts', 'train.ts', 'layers.ts'])('%s is in the README', async (name) => {
  expect(await read('../README.md')).toContain((await read(name)).trim());
});

it('the first example runs', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme.ts');
  expect(log).toHaveBeenCalledWith(expect.any(Number), [1, 16, 4, 8]);
});

it('the second one learns and saves', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./train.ts');
  expect(log).toHaveBeenCalledWith('loss 0.0000');
  expect(log).toHaveBeenCalledWith([
    'hidden.weight',
    'hidden.bias',
    'output.weight',
    'output.bias',
  ]);
  expect(await readdir('.')).toEqual(['xor.safetensors']);
});

it('the third one names shapes and parameters', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./layers.ts');
  expect(log).toHaveBeenCalledWith([8, 16, 16, 16]);
  expect(log).toHaveBeenCalledWith([4, 10, 64], [4, 4, 32]);
  expect(log).toHaveBeenCalledWith('weight_ih_l0');
});
