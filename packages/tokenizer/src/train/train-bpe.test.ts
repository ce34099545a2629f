import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BpeModel } from '../bpe/bpe-model.ts';
import type { Tokenizer } from '../tokenizer.ts';
import type { CorpusProgress } from './corpus-words.ts';
import type { TrainBpeOptions } from './train-bpe.ts';
import { trainBpe } from './train-bpe.ts';

interface Case extends TrainBpeOptions {
  corpus: string;
  vocab: Record<string, number>;
  merges: string[];
  ids: number[];
}

const url = new URL('../../fixtures/bpe-training.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as {
  corpora: Record<string, string[]>;
  cases: Case[];
};

function mergesOf(tokenizer: Tokenizer): string[] {
  const model = tokenizer.definition.model;
  return model instanceof BpeModel ? model.merges.map((merge) => merge.join(' ')) : [];
}

describe('trainBpe', () => {
  fixture.cases.forEach((item, i) => {
    const { corpus, vocab, merges, ids, ...options } = item;
    it(`learns the merges of the Rust library: case ${i}, ${corpus}, ${merges.length} merges`, async () => {
      const texts = fixture.corpora[corpus] as string[];
      const tokenizer = await trainBpe(texts, options);
      expect(mergesOf(tokenizer)).toEqual(merges);
      expect(tokenizer.encode(`${texts[0]}${texts.at(-1)}`)).toEqual(ids);
      const own = tokenizer.definition.model as BpeModel;
      if (options.initialAlphabet === 'seen') expect({ ...own.vocabulary.toJSON() }).toEqual(vocab);
    });
  });

  it('learns the example of the BPE paper by hand', async () => {
    // hug ×10, pug ×5, pun ×12, bun ×4, hugs ×5: u g 20, u n 16, h u 15, p u 17, g s 5.
    // ug (20) first; then un (16), then h ug (15); p un (12); hug s (5) before p ug (5): ids of 'p' > 'hug'? No: the
    // smaller left id wins, and letters come before merges, so p ug goes first.
    const words = [10, 5, 12, 4, 5].flatMap((n, i) =>
      new Array<string>(n).fill(['hug', 'pug', 'pun', 'bun', 'hugs'][i] as string),
    );
    const tokenizer = await trainBpe(words, { vocabSize: 13, initialAlphabet: 'seen' });
    expect(mergesOf(tokenizer)).toEqual(['u g', 'u n', 'h ug', 'p un', 'p ug', 'hug s']);
  });

  it('reads an async iterable as it reads a list', async () => {
    const texts = fixture.corpora['language'] as string[];
    async function* stream(): AsyncIterable<string> {
      for (const text of texts) yield await Promise.resolve(text);
    }
    const streamed = await trainBpe(stream(), { vocabSize: 400 });
    expect(mergesOf(streamed)).toEqual(mergesOf(await trainBpe(texts, { vocabSize: 400 })));
  });

  it('reports its progress and stops when aborted', async () => {
    const seen: CorpusProgress[] = [];
    const onProgress = (progress: CorpusProgress): void => void seen.push(progress);
    await trainBpe(['low lower', 'lowest'], { vocabSize: 260, onProgress });
    expect(seen.at(1)).toEqual({ phase: 'count', done: 2, total: undefined });
    expect(seen.at(-1)).toEqual({ phase: 'merge', done: 260, total: 260 });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(trainBpe(['text'], { signal })).rejects.toThrow('enough');
  });

  it("gives what the README's example says", async () => {
    const texts = ['the cat sat', 'the cat ran'];
    const tokenizer = await trainBpe(texts, { vocabSize: 262, specialTokens: ['<end>'] });
    const ids = tokenizer.encode('the cat<end>');
    expect(ids).toEqual([260, 261, 0]);
    expect(tokenizer.decode(ids)).toBe('the cat<end>');
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('the cat');
  });

  it('encodes bytes that it never saw', async () => {
    const tokenizer = await trainBpe(['only ascii'], { vocabSize: 260, specialTokens: ['<end>'] });
    expect(tokenizer.decode(tokenizer.encode('中文<end>'))).toBe('中文<end>');
    expect(tokenizer.encode('<end>')).toEqual([0]);
  });

  it('refuses one string, a vocabulary without room for bytes, and what is no text', async () => {
    await expect(trainBpe('text')).rejects.toThrow(
      'trainBpe: texts: expected an iterable of texts',
    );
    await expect(trainBpe(['text'], { vocabSize: 100 })).rejects.toThrow(
      'trainBpe: vocabSize: expected a whole number of at least 256 (special tokens and bytes), got 100.',
    );
    await expect(trainBpe([7 as unknown as string])).rejects.toThrow(
      'trainBpe: texts: expected strings, got number as item 0.',
    );
  });
});
