import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../tokenizer.ts';
import { trainBpe } from '../train/train-bpe.ts';
import { tokenBytes } from './token-bytes.ts';

const join = (parts: readonly (Uint8Array | undefined)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...(part ?? [])]));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Like Llama 2: pieces with ▁ for a space, bytes for what has no piece. */
const METASPACE = {
  version: '1.0',
  added_tokens: [
    {
      id: 0,
      content: '<unk>',
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    },
    {
      id: 1,
      content: '<tool>',
      special: false,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    },
  ],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: {
    type: 'BPE',
    vocab: { '<unk>': 0, '<tool>': 1, '<0xE2>': 2, '<0x0A>': 3, a: 4, '▁a': 5, '▁': 6, é: 7 },
    merges: [],
    unk_token: '<unk>',
    byte_fallback: true,
  },
};

describe('tokenBytes', () => {
  it('joined are the text, for a byte-level vocabulary, and special tokens have none', async () => {
    const text = 'Zoë says: 日本 😀, naïve\n\ttabs';
    const tokenizer = await trainBpe([text, text], { vocabSize: 280, specialTokens: ['<|end|>'] });
    const bytes = tokenBytes(tokenizer);
    expect(bytes).toHaveLength(tokenizer.vocabSize);
    const ids = tokenizer.encode(text, { addSpecialTokens: false });
    expect(ids.length).toBeLessThan(utf8(text).length); // some tokens have several bytes
    expect(join(ids.map((id) => bytes[id]))).toEqual(utf8(text));
    expect(bytes[tokenizer.tokenToId('<|end|>')!]).toBeUndefined();
  });

  it('are those inside a text for pieces with ▁, and single bytes as they are', () => {
    const bytes = tokenBytes(Tokenizer.fromJSON(METASPACE));
    expect(bytes).toEqual([
      undefined,
      utf8('<tool>'),
      Uint8Array.of(0xe2),
      Uint8Array.of(0x0a),
      utf8('a'),
      utf8(' a'),
      utf8(' '),
      utf8('é'),
    ]);
  });
});
