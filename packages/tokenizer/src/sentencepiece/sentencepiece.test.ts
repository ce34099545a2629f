/** SentencePiece models against SentencePiece (tools/fixtures/sentencepiece_models.py). */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../index.ts';
import { toSentencePieceModel } from './export-model.ts';
import { parseSentencePieceModel, writeSentencePieceModel } from './model-file.ts';

interface Model {
  model: string;
  ids: number[][];
  decoded: string[];
  nBest?: number[][][];
}
interface Fixture {
  texts: string[];
  nBestTexts: string[];
  unigram: Model;
  unigramBytes: Model;
  bpe: Model;
}

const url = new URL('../../fixtures/sentencepiece.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as Fixture;
const NAMES = ['unigram', 'unigramBytes', 'bpe'] as const;
const bytesOf = (name: (typeof NAMES)[number]) =>
  new Uint8Array(Buffer.from(fixture[name].model, 'base64'));

/** In text SentencePiece never reads control and unknown pieces. */
const PLAIN = { allowedSpecial: [] };

describe.each(NAMES)('%s', (name) => {
  const tokenizer = Tokenizer.fromSentencePiece(bytesOf(name));

  it('gives the ids of SentencePiece', () => {
    fixture.texts.forEach((text, i) => {
      expect(tokenizer.encode(text, PLAIN), JSON.stringify(text)).toEqual(fixture[name].ids[i]);
      expect(tokenizer.encodeFull(text, PLAIN).ids, JSON.stringify(text)).toEqual(
        fixture[name].ids[i],
      );
    });
  });

  it('gives the texts of SentencePiece', () => {
    fixture[name].ids.forEach((ids, i) => {
      // SentencePiece writes an unknown token as " ⁇ ", this package as it is called.
      if (!ids.includes(0)) expect(tokenizer.decode(ids)).toBe(fixture[name].decoded[i]);
    });
  });

  it('is the same after a tokenizer.json', () => {
    const again = Tokenizer.fromJSON(JSON.parse(JSON.stringify(tokenizer.toJSON())));
    for (const text of fixture.texts)
      expect(again.encode(text, PLAIN)).toEqual(tokenizer.encode(text, PLAIN));
  });

  it('is the same after a .model file of ours', () => {
    const model = toSentencePieceModel(tokenizer.definition, tokenizer.roles);
    const again = Tokenizer.fromSentencePiece(writeSentencePieceModel(model));
    fixture.texts.forEach((text, i) =>
      expect(again.encode(text, PLAIN), JSON.stringify(text)).toEqual(fixture[name].ids[i]),
    );
  });

  it('is the same after the metadata of a GGUF file', () => {
    const metadata = tokenizer.toGgufMetadata();
    expect(metadata.get('tokenizer.ggml.model')).toBe(name === 'bpe' ? 'llama' : 't5');
    const again = Tokenizer.fromGguf(metadata);
    fixture.texts.forEach((text, i) =>
      expect(again.encode(text, PLAIN), JSON.stringify(text)).toEqual(fixture[name].ids[i]),
    );
    // llama.cpp puts <s> before for llama, and </s> after for t5, where the file does not say.
    metadata.delete('tokenizer.ggml.add_bos_token');
    metadata.delete('tokenizer.ggml.add_eos_token');
    const ids = fixture[name].ids[2] as number[];
    const expected = name === 'bpe' ? [1, ...ids] : [...ids, 2];
    const byDefault = Tokenizer.fromGguf(metadata);
    expect(byDefault.encode(fixture.texts[2] as string, PLAIN)).toEqual(expected);
  });
});

it('unigram lists the same best tokenizations', () => {
  const tokenizer = Tokenizer.fromSentencePiece(bytesOf('unigram'));
  const lists = fixture.nBestTexts.map((text) => tokenizer.encodeNBest(text, 4));
  expect(lists.map((list) => list.map(({ ids }) => ids))).toEqual(fixture.unigram.nBest);
});

describe('files', () => {
  it('are loaded, saved and loaded again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sentencepiece-'));
    try {
      await writeFile(join(folder, 'tokenizer.model'), bytesOf('unigramBytes'));
      const loaded = await Tokenizer.load(folder);
      expect([loaded.bosTokenId, loaded.eosTokenId, loaded.padTokenId]).toEqual([1, 2, 3]);
      await loaded.save(join(folder, 'again.model'));
      const again = await Tokenizer.load(join(folder, 'again.model'));
      fixture.texts.forEach((text, i) =>
        expect(again.encode(text, PLAIN)).toEqual(fixture.unigramBytes.ids[i]),
      );
      const before = parseSentencePieceModel(bytesOf('unigramBytes'), 'before');
      const written = new Uint8Array(readFileSync(join(folder, 'again.model')));
      expect(parseSentencePieceModel(written, 'after')).toEqual(before);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('that are broken are refused', () => {
    const bytes = bytesOf('unigram');
    expect(() => Tokenizer.fromSentencePiece(bytes.subarray(0, 1000))).toThrow(/protocol buffer/);
    expect(() => Tokenizer.fromSentencePiece(new Uint8Array(0))).toThrow(/with pieces/);
    expect(() => Tokenizer.fromSentencePiece(Uint8Array.of(7))).toThrow(/protocol buffer/);
  });

  it('cannot hold merges that scores would not give', async () => {
    // A SentencePiece model that has "abc", "ab", "bc" joins a + bc too.
    const vocab = Object.fromEntries(['a', 'b', 'c', 'ab', 'bc', 'abc'].map((t, id) => [t, id]));
    const some = [['a', 'b'], ['b', 'c'], ['ab', 'c']]; // prettier-ignore
    const metaspace = { type: 'Metaspace', replacement: '\u2581', prepend_scheme: 'never' };
    const load = (merges: unknown): Tokenizer =>
      Tokenizer.fromJSON({ model: { type: 'BPE', vocab, merges }, pre_tokenizer: metaspace });
    await expect(load(some).save('never.model')).rejects.toThrow(/merges: expected every pair/);
    const all = load([...some, ['a', 'bc']]);
    const model = toSentencePieceModel(all.definition, all.roles);
    expect(model.pieces.map(({ score }) => score)).toEqual([-3, -3, -3, -0, -1, -2]);
  });

  it.each(['WordLevel', 'WordPiece'])('cannot hold %s', async (type) => {
    const tokenizer = Tokenizer.fromJSON({ model: { type, vocab: { u: 0 }, unk_token: 'u' } });
    await expect(tokenizer.save('never.model')).rejects.toThrow(/model: expected Unigram or BPE/);
  });
});
