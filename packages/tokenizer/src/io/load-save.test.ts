import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BYTE_LEVEL, gpt2Json } from '../../test-support/gpt2.ts';
import { Tokenizer, trainBpe } from '../index.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tokenizer-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const TEXT = 'saved and loaded, <end> 12 中';

describe('saving and loading', () => {
  it('gives a folder back with its roles and template', async () => {
    const tokenizer = await trainBpe([TEXT], {
      vocabSize: 270,
      specialTokens: ['<end>'],
      eosToken: '<end>',
      chatTemplate: '{{ eos_token }}',
    });
    await tokenizer.save(join(folder, 'model'));
    const loaded = await Tokenizer.load(join(folder, 'model'));
    expect(loaded.encode(TEXT)).toEqual(tokenizer.encode(TEXT));
    expect(loaded.eosTokenId).toBe(0);
    expect(loaded.applyChatTemplate([])).toBe('<end>');
    expect(await readdir(join(folder, 'model'))).toEqual([
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });

  it('writes one file for a path that ends in .json, and nothing beside it', async () => {
    const tokenizer = await trainBpe([TEXT], { vocabSize: 260 });
    await tokenizer.save(join(folder, 'own.json'));
    expect(await readdir(folder)).toEqual(['own.json']);
    expect((await Tokenizer.load(join(folder, 'own.json'))).encode(TEXT)).toEqual(
      tokenizer.encode(TEXT),
    );
  });

  it('prefers chat_template.jinja, and reads tokens written as objects', async () => {
    const tokenizer = await trainBpe([TEXT], { vocabSize: 260, specialTokens: ['<end>'] });
    await tokenizer.save(folder);
    const config = { eos_token: { content: '<end>' }, chat_template: 'old' };
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
    await writeFile(join(folder, 'chat_template.jinja'), 'new');
    const loaded = await Tokenizer.load(folder);
    expect([loaded.chatTemplate, loaded.eosTokenId]).toEqual(['new', 0]);
  });

  it('writes back what else tokenizer_config.json says', async () => {
    const tokenizer = await trainBpe([TEXT], { vocabSize: 260, specialTokens: ['<end>'] });
    await tokenizer.save(folder);
    const config = {
      tokenizer_class: 'GPT2Tokenizer',
      model_max_length: 512,
      eos_token: { content: '<end>', lstrip: true },
    };
    await writeFile(join(folder, 'tokenizer_config.json'), JSON.stringify(config));
    const loaded = await Tokenizer.load(folder);
    await loaded.save(join(folder, 'again'));
    const again = await readFile(join(folder, 'again', 'tokenizer_config.json'), 'utf8');
    expect(JSON.parse(again)).toMatchObject(config);
  });

  it('says which file cannot be written, and leaves nothing half-written', async () => {
    const tokenizer = await trainBpe([TEXT], { vocabSize: 260 });
    await mkdir(join(folder, 'tokenizer.json')); // in the way
    await expect(tokenizer.save(folder)).rejects.toThrow(
      /tokenizer\.json: expected to write the file/,
    );
    expect(await readdir(folder)).toEqual(['tokenizer.json']);
  });

  it('says which file is missing or broken', async () => {
    await expect(Tokenizer.load(join(folder, 'none'))).rejects.toThrow('which does not exist');
    await expect(Tokenizer.load(folder)).rejects.toThrow('expected a readable tokenizer.json');
    await writeFile(join(folder, 'tokenizer.json'), '{');
    await expect(Tokenizer.load(folder)).rejects.toThrow('tokenizer.json: expected JSON');
    await writeFile(join(folder, 'x.gguf'), 'GGUF');
    await expect(Tokenizer.load(join(folder, 'x.gguf'))).rejects.toThrow(
      /x\.gguf: gguf: expected .* Is the file complete\?/,
    );
  });
});

describe('tokenizer.json', () => {
  it('is written as it was read, component by component', async () => {
    const json = {
      ...(gpt2Json() as object),
      version: '1.0',
      truncation: { max_length: 7, stride: 0, strategy: 'LongestFirst', direction: 'Right' },
      padding: null,
      normalizer: { type: 'NFC' },
      post_processor: BYTE_LEVEL,
    };
    const written = Tokenizer.fromJSON(json).toJSON() as Record<string, unknown>;
    const again = Tokenizer.fromJSON(JSON.stringify(written)).toJSON();
    expect(again).toEqual(written);
    expect({ ...written, model: 0, added_tokens: 0 }).toEqual({
      ...json,
      model: 0,
      added_tokens: 0,
      decoder: BYTE_LEVEL,
    });
  });

  it('keeps a token called __proto__ and ones that look like numbers', async () => {
    const vocab = JSON.parse('{"b":0,"__proto__":1,"7":2,"constructor":3}') as unknown;
    const tokenizer = Tokenizer.fromJSON({ model: { type: 'BPE', vocab, merges: [] } });
    const path = join(folder, 't.json');
    await tokenizer.save(path);
    expect(await readFile(path, 'utf8')).toContain('"__proto__": 1');
    const loaded = await Tokenizer.load(path);
    expect(['b', '__proto__', '7', 'constructor'].map((token) => loaded.tokenToId(token))).toEqual([
      0, 1, 2, 3,
    ]);
    expect(loaded.tokenToId('toString')).toBeUndefined();
  });

  const broken: [change: object, message: string][] = [
    [
      { model: { type: 'Odd', vocab: [] } },
      'model: expected a model of BPE, Unigram, WordLevel, WordPiece, got "Odd"',
    ],
    [
      { model: { type: 'Unigram', vocab: [['a']] } },
      'model.vocab[0]: expected a piece and its score',
    ],
    [{ model: { type: 'Unigram', vocab: [['a', 0]], unk_id: 1 } }, 'expected an id below 1, got 1'],
    [
      { normalizer: { type: 'Precompiled', precompiled_charsmap: 'AAAA' } },
      'normalizer.precompiled_charsmap: expected a charsmap',
    ],
    [{ pre_tokenizer: { type: 'Metaspace', prepend_scheme: 'odd' } }, 'always, first or never'],
    [{ normalizer: { type: 'Odd' } }, 'normalizer: expected a normalizer of'],
    [{ pre_tokenizer: { type: 'Odd' } }, 'got "Odd"'],
    [
      { pre_tokenizer: { type: 'Sequence', pretokenizers: [BYTE_LEVEL, { type: 'Odd' }] } },
      'pre_tokenizer.pretokenizers[1]: expected a pre-tokenizer of',
    ],
    [{ post_processor: { type: 'Odd' } }, 'post_processor: expected a post-processor of'],
    [{ decoder: { type: 'Odd' } }, 'decoder: expected a decoder of'],
    [{ extra: 1 }, 'got "extra"'],
    [
      { model: { type: 'BPE', vocab: { a: -1 }, merges: [] } },
      'model.vocab["a"]: expected a whole number',
    ],
    [{ model: { type: 'BPE', vocab: { a: 9e6 }, merges: [] } }, 'expected an id up to 4194303'],
    [
      { model: { type: 'BPE', vocab: { a: 0 }, merges: ['a b'] } },
      'model.merges[0]: expected tokens of the vocabulary',
    ],
    [
      { model: { type: 'BPE', vocab: { a: 0 }, merges: ['a'] } },
      'model.merges[0]: expected two tokens',
    ],
    [
      { model: { type: 'BPE', vocab: {}, merges: [], dropout: 1.5 } },
      'model.dropout: expected a probability or null, got 1.5',
    ],
    [{ model: null }, 'model: expected an object, got null'],
    [{ added_tokens: [{ content: 'x' }] }, 'added_tokens[0].id'],
    [
      { pre_tokenizer: { type: 'Split', pattern: { Regex: '(?<x>' }, behavior: 'Isolated' } },
      'expected a regular expression',
    ],
  ];
  it.each(broken)('is refused with %j', (change, message) => {
    const json = { model: { type: 'BPE', vocab: { a: 0 }, merges: [] }, ...change };
    expect(() => Tokenizer.fromJSON(json)).toThrow(message);
  });
});

describe('options', () => {
  it('treats special tokens as text where they are not allowed', async () => {
    const tokenizer = await trainBpe([TEXT], { vocabSize: 258, specialTokens: ['<end>', '<pad>'] });
    expect(tokenizer.encode('<end><pad>')).toEqual([0, 1]);
    expect(tokenizer.encode('<end><pad>', { allowedSpecial: ['<pad>'] }).length).toBe(6);
    const ids = tokenizer.encode('<end>', { allowedSpecial: [] });
    expect(ids.length).toBe(5);
    expect(tokenizer.decode(ids)).toBe('<end>');
    expect(tokenizer.count('<end> ab')).toBe(4);
  });

  it('names an id that the vocabulary does not have', async () => {
    const tokenizer = await trainBpe([], { vocabSize: 256 });
    for (const id of [256, -1, 1.5, Number.NaN]) {
      expect(() => tokenizer.decode([id])).toThrow(
        `decode: ids: expected ids of this vocabulary (0 to 255), got ${id}.`,
      );
    }
    expect(tokenizer.decode([])).toBe('');
  });
});
