import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

it('is the example of the README, and learns', async () => {
  expect(await read('../README.md')).toContain((await read('readme.ts')).trim());
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme.ts');
  const [[weights = []] = []] = log.mock.calls as [ArrayLike<number>?][];
  log.mockRestore();
  expect(weights[0]).toBeCloseTo(3, 1);
  expect(weights[1]).toBeCloseTo(-1, 1);
});
