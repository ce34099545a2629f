import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

it('is the example of the README, and prints what its comments say', async () => {
  const source = await read('readme.ts');
  expect(await read('../README.md')).toContain(source.trim());
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await import('./readme.ts');
  const printed = log.mock.calls.map((args) => args.join(' '));
  log.mockRestore();
  for (const [, line] of source.matchAll(/^\/\/ (.*)$/gm)) expect(printed).toContain(line);
});
