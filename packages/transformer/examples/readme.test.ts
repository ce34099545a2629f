import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

it('is the example of the README, and runs', async () => {
  expect(await read('../README.md')).toContain((await read('readme.ts')).trim());
  const directory = await mkdtemp(join(tmpdir(), 'readme-'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const before = process.cwd();
  process.chdir(directory);
  try {
    await import('./readme.ts');
    expect(log).toHaveBeenCalledWith([1, 3, 512], Array(8).fill(expect.any(Number)));
    expect((await readdir('my-model')).sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
    ]);
  } finally {
    process.chdir(before);
    log.mockRestore();
    await rm(directory, { recursive: true });
  }
});
