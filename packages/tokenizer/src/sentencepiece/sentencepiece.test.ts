/** SentencePiece models against SentencePiece (tools/fixtures/sentencepiece_models.py). */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../index.ts';
import { parseSentencePieceModel, PIECE_TYPES } from './model-file.ts';

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

  it('is the same from the vocabulary of a GGUF file', () => {
    const model = parseSentencePieceModel(bytesOf(name), 'model');
    const metadata = new Map<string, unknown>([
      ['tokenizer.ggml.model', name === 'bpe' ? 'llama' : 't5'],
      ['tokenizer.ggml.tokens', model.pieces.map(({ piece }) => piece)],
      ['tokenizer.ggml.scores', Float32Array.from(model.pieces, ({ score }) => score)],
      ['tokenizer.ggml.token_type', model.pieces.map(({ type }) => PIECE_TYPES.indexOf(type))],
      ['tokenizer.ggml.bos_token_id', 1],
      ['tokenizer.ggml.eos_token_id', 2],
      ['tokenizer.ggml.add_space_prefix', model.addDummyPrefix],
      ['tokenizer.ggml.remove_extra_whitespaces', model.removeExtraWhitespaces],
    ]);
    const fromGguf = Tokenizer.fromGguf(metadata);
    const ids = fixture[name].ids[2] as number[];
    // llama.cpp puts <s> before for llama, and </s> after for t5.
    const expected = name === 'bpe' ? [1, ...ids] : [...ids, 2];
    expect(fromGguf.encode(fixture.texts[2] as string, PLAIN)).toEqual(expected);
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

  it('cannot hold a BPE tokenizer of ours', async () => {
    const tokenizer = Tokenizer.fromJSON({ model: { type: 'BPE', vocab: {}, merges: [] } });
    await expect(tokenizer.save('never.model')).rejects.toThrow(/model: expected Unigram/);
  });
});
