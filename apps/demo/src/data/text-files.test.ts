import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { readJsonLines, readTexts } from './text-files.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llm-data-'));
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function texts(...paths: string[]): Promise<string> {
  let all = '';
  for await (const chunk of readTexts(paths)) all += chunk.text + (chunk.endsDocument ? '|' : '');
  return all;
}

describe('readTexts', () => {
  it('reads text, JSON lines and gzip alike', async () => {
    const plain = await file('a.txt', 'één\ntwee');
    const rows = await file('b.jsonl', '{"text":"drie"}\n\n{"text":"vier"}\n');
    const zipped = await file('c.txt.gz', gzipSync('vijf\n'));
    expect(await texts(plain, rows, zipped)).toBe('één\ntwee|drie|vier|vijf\n|');
  });

  it('keeps a multi-byte character that straddles two chunks', async () => {
    const text = 'a'.repeat(65_535) + '中文\n'; // createReadStream hands out 64 KiB at a time
    expect(await texts(await file('d.txt', text))).toBe(`${text}|`);
  });

  it.each([
    ['missing.txt', undefined, /missing\.txt: expected a file, found none/],
    ['empty.txt', '', /empty\.txt: expected text, got an empty file/],
    ['latin1.txt', Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x0a), /latin1\.txt: expected UTF-8/],
    ['cut.txt', Uint8Array.of(0x61, 0xe4, 0xb8), /cut\.txt: expected UTF-8.*at its end/],
    ['notes.doc', 'x', /notes\.doc: expected a \.txt/],
    ['bad.jsonl', '{"text":"a"}\n{oops\n', /bad\.jsonl:2: expected a JSON object/],
    [
      'column.jsonl',
      '{"body":"a"}\n',
      /row 1: expected a string in "text", got undefined\. Columns: body/,
    ],
    ['fake.txt.gz', 'not gzip', /fake\.txt\.gz: reading stopped/],
  ])('refuses %s', async (name, content, message) => {
    const path = content === undefined ? join(folder, name) : await file(name, content);
    await expect(texts(path)).rejects.toThrow(message);
  });
});

describe('readJsonLines', () => {
  it('refuses a file without rows', async () => {
    const path = await file('blank.jsonl', '\n\n');
    await expect(readJsonLines(path).next()).rejects.toThrow(/expected at least one row/);
  });
});
