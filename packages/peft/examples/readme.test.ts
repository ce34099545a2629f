import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

it('the examples of prompts are those of the README, and run', async () => {
  expect(await read('../README.md')).toContain((await read('prompts.ts')).trim());
  const directory = await mkdtemp(join(tmpdir(), 'readme-'));
  const before = process.cwd();
  process.chdir(directory);
  try {
    await import('./prompts.ts');
    expect(await readdir('runs/brief')).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
  } finally {
    process.chdir(before);
    await rm(directory, { recursive: true });
  }
});

it('is the example of the README, and runs', async () => {
  expect(await read('../README.md')).toContain((await read('readme.ts')).trim());
  const directory = await mkdtemp(join(tmpdir(), 'readme-'));
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const before = process.cwd();
  process.chdir(directory);
  try {
    await import('./readme.ts');
    expect(log).toHaveBeenCalledWith(
      expect.stringMatching(/^trainable params: 4,608 \|\| all params/),
    );
    expect(await readdir('runs/my-adapter')).toContain('adapter_model.safetensors');
  } finally {
    process.chdir(before);
    log.mockRestore();
    await rm(directory, { recursive: true });
  }
});
