import { readFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';

const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');

it.each(['readme', 'grpo'])(
  '%s.ts is an example of the README, and prints what its comments say',
  async (name) => {
    const source = await read(`${name}.ts`);
    expect(await read('../README.md')).toContain(source.trim());
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    await import(`./${name}.ts`);
    const printed = log.mock.calls.map((args) => args.join(' '));
    log.mockRestore();
    for (const [, line] of source.matchAll(/^\/\/ (.*)$/gm)) expect(printed).toContain(line);
  },
);
