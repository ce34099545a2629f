// The README's command lines use commands and flags that exist.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCommand } from './parse.ts';
import { COMMANDS } from './registry.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const blocks = Array.from(readme.matchAll(/^```sh\n(.*?)^```/gms), (match) => match[1] ?? '');
const lines = blocks
  .join('')
  .split('\n')
  .filter((line) => line.startsWith('npx llm '));

/** Words of a shell line without its comment; double quotes hold words together. */
function wordsOf(line: string): string[] {
  const words = line.replace(/ +#.*$/, '').match(/"[^"]*"|\S+/g) ?? [];
  return words.map((word) => word.replace(/^"(.*)"$/, '$1'));
}

describe('README', () => {
  it.each(lines)('%s', async (line) => {
    const [, , name = '', ...argv] = wordsOf(line);
    if (name === '--help') return;
    const entry = COMMANDS.find((candidate) => candidate.name === name);
    expect(entry).toBeDefined();
    const command = await entry!.load();
    expect(() => parseCommand(command, argv)).not.toThrow();
  });

  it('shows every command', () => {
    for (const { name } of COMMANDS) {
      expect(lines.some((line) => line.startsWith(`npx llm ${name}`)) || name === 'demo').toBe(
        true,
      );
    }
  });
});
