/** Training on worker threads and from files, in the built package: a thread cannot load TypeScript. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPackage } from '../../test-support/built-package.ts';
import type * as Package from '../index.ts';

const { corpora } = JSON.parse(
  readFileSync(new URL('../../fixtures/bpe-training.json', import.meta.url), 'utf8'),
) as { corpora: Record<string, string[]> };
/** Long enough for several batches: each is a quarter of a million units. */
const texts = Array.from({ length: 40 }, () => Object.values(corpora).flat()).flat();

let built: string;
let scratch: string;
let package_: typeof Package;
beforeAll(async () => {
  built = buildPackage();
  scratch = mkdtempSync(join(tmpdir(), 'training-'));
  package_ = (await import(/* @vite-ignore */ join(built, 'index.js'))) as typeof Package;
});
afterAll(() => {
  rmSync(built, { recursive: true });
  rmSync(scratch, { recursive: true });
});

const preTokenizer = { type: 'Split', pattern: { Regex: '[a-z]+' }, behavior: 'Isolated' };
const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: false };
const TRAINERS = {
  trainBpe: { vocabSize: 700 },
  'trainBpe with a pattern of its own': {
    vocabSize: 500,
    preTokenizer: { type: 'Sequence', pretokenizers: [preTokenizer, byteLevel] },
  },
  trainWordPiece: { vocabSize: 600 },
  trainWordLevel: { vocabSize: 300 },
  trainUnigram: { vocabSize: 400 },
};
const CASES = Object.entries(TRAINERS).map(([name, options]) => ({ name, options }));

describe.each(CASES)('$name', ({ name, options }) => {
  const train = async (
    corpus: Iterable<string> | AsyncIterable<string>,
    more: Package.CorpusOptions = {},
  ): Promise<string> => {
    const trainer = name.split(' ')[0] as 'trainBpe';
    const tokenizer = await package_[trainer](corpus, { ...options, ...more });
    return JSON.stringify(tokenizer.toJSON());
  };

  it('gives the same tokenizer on one, two and three threads', async () => {
    const one = await train(texts);
    expect(await train(texts, { threads: 2 })).toBe(one);
    expect(await train(texts, { threads: 3 })).toBe(one);
  });

  it('gives from files what their lines give, on any number of threads', async () => {
    const whole = texts.map((text) => text.replaceAll(/\p{Surrogate}/gu, '\u{fffd}')).join('\n');
    const half = whole.indexOf('\n', whole.length / 2) + 1;
    const paths = ['a.txt', 'b.txt'].map((file) => join(scratch, file));
    writeFileSync(paths[0] as string, whole.slice(0, half));
    writeFileSync(paths[1] as string, whole.slice(half));
    const lines = whole.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
    const expected = await train(lines);
    expect(await train(new package_.TextFiles(paths))).toBe(expected);
    expect(await train(new package_.TextFiles(paths), { threads: 2 })).toBe(expected);
  });
});

describe('files', () => {
  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(scratch, name);
    writeFileSync(path, content);
    return path;
  };

  it('are read line by line, a long one too, and report their bytes', async () => {
    const long = `${'x'.repeat(2_500_000)} y\n`;
    const files = new package_.TextFiles([write('long.txt', `a\n${long}\nlast`)]);
    const lines: string[] = [];
    for await (const line of files) lines.push(line);
    expect(lines).toEqual(['a\n', long, '\n', 'last']);
    const seen: Package.CorpusProgress[] = [];
    const onProgress = (progress: Package.CorpusProgress): void => void seen.push(progress);
    await package_.trainWordLevel(files, { vocabSize: 9, onProgress });
    expect(seen.at(-1)).toEqual({ phase: 'count', done: long.length + 7, total: long.length + 7 });
  });

  it('that are missing or not UTF-8 are errors that name them', async () => {
    const missing = new package_.TextFiles([join(scratch, 'none.txt')]);
    await expect(package_.trainBpe(missing)).rejects.toThrow(/readable files, got ".*none\.txt"/);
    const latin = new package_.TextFiles([write('latin.txt', Uint8Array.of(0x61, 0xe9, 0x0a))]);
    await expect(package_.trainBpe(latin, { threads: 2 })).rejects.toThrow(
      /latin\.txt: expected UTF-8/,
    );
  });
});

describe('threads', () => {
  it('pass errors on', async () => {
    const options = { threads: 2, preTokenizer: { type: 'Nonsense' } };
    await expect(package_.trainWordLevel(['a b'], options)).rejects.toThrow(/Nonsense/);
  });

  it('end when training is aborted', async () => {
    const controller = new AbortController();
    const onProgress = (): void => controller.abort();
    const options = { threads: 2, signal: controller.signal, onProgress };
    await expect(package_.trainBpe(texts, options)).rejects.toThrow(/abort/);
  });

  it('are a number from 1 to 256', async () => {
    await expect(package_.trainBpe(['a'], { threads: 0 })).rejects.toThrow(
      'trainBpe: threads: expected a number from 1 to 256, got 0.',
    );
  });
});
