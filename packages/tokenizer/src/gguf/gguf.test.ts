import { describe, expect, it } from 'vitest';
import { BYTE_CHARACTERS } from '../bpe/byte-alphabet.ts';
import { TokenizerFormatError, Tokenizer, UnsupportedComponentError } from '../index.ts';
import { parseGgufMetadata, readGgufMetadata } from './metadata.ts';

/** Writes GGUF version 3 metadata: strings, bools, uint32 and arrays of strings and int32. */
class GgufWriter {
  #bytes: number[] = [];

  number(value: number, size: 4 | 8): this {
    for (let i = 0; i < size; i++) this.#bytes.push(Math.floor(value / 256 ** i) % 256);
    return this;
  }

  string(text: string): this {
    const bytes = new TextEncoder().encode(text);
    this.number(bytes.length, 8);
    for (const byte of bytes) this.#bytes.push(byte);
    return this;
  }

  value(value: unknown): this {
    if (typeof value === 'string') return this.number(8, 4).string(value);
    if (typeof value === 'boolean') return this.number(7, 4).raw(Number(value));
    if (typeof value === 'number') return this.number(4, 4).number(value, 4);
    const items = value as (string | number)[];
    const isText = typeof items[0] === 'string';
    this.number(9, 4)
      .number(isText ? 8 : 5, 4)
      .number(items.length, 8);
    for (const item of items) {
      if (typeof item === 'string') this.string(item);
      else this.number(item, 4);
    }
    return this;
  }

  raw(...bytes: number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }

  get bytes(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }
}

function ggufBytes(metadata: Record<string, unknown>): Uint8Array {
  const entries = Object.entries(metadata);
  const writer = new GgufWriter().raw(0x47, 0x47, 0x55, 0x46).number(3, 4).number(0, 8);
  writer.number(entries.length, 8);
  for (const [key, value] of entries) writer.string(key).value(value);
  return writer.bytes;
}

const tokens = ['<s>', '</s>', ...[...BYTE_CHARACTERS].sort(), 'ab', 'Ġab', '<u>'];
const vocabulary: Record<string, unknown> = {
  'tokenizer.ggml.model': 'gpt2',
  'tokenizer.ggml.pre': 'smollm',
  'tokenizer.ggml.tokens': tokens,
  'tokenizer.ggml.token_type': tokens.map((token) =>
    /^<.*s>$/.test(token) ? 3 : token === '<u>' ? 4 : 1,
  ),
  'tokenizer.ggml.merges': ['a b', 'Ġ ab'],
  'tokenizer.ggml.bos_token_id': 0,
  'tokenizer.ggml.eos_token_id': 1,
  'tokenizer.chat_template': 'hi',
};
const ab = tokens.indexOf('ab');
const load = (changes: Record<string, unknown> = {}): Tokenizer =>
  Tokenizer.fromGguf(parseGgufMetadata(ggufBytes({ ...vocabulary, ...changes })));

describe('the vocabulary of a GGUF file', () => {
  it('is read with its special tokens, roles and template', () => {
    const tokenizer = load();
    expect(tokenizer.encode('ab ab</s>')).toEqual([ab, ab + 1, 1]);
    expect([tokenizer.bosTokenId, tokenizer.eosTokenId, tokenizer.padTokenId]).toEqual([
      0,
      1,
      undefined,
    ]);
    expect(tokenizer.chatTemplate).toBe('hi');
    expect(tokenizer.vocabSize).toBe(tokens.length);
  });

  it('takes user-defined tokens as whole ones that decoding keeps', () => {
    const tokenizer = load();
    const ids = tokenizer.encode('<u></s>ab');
    expect(ids).toEqual([ab + 2, 1, ab]);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('<u>ab');
  });

  it('puts bos and eos where the file says so', () => {
    const flags = { 'tokenizer.ggml.add_bos_token': true, 'tokenizer.ggml.add_eos_token': true };
    const tokenizer = load(flags);
    expect(tokenizer.encode('ab')).toEqual([0, ab, 1]);
    expect(tokenizer.encode('ab', { addSpecialTokens: false })).toEqual([ab]);
  });

  it('splits as `pre` says: smollm takes digits one by one, gpt-2 and llama-bpe do not', () => {
    const merges = { 'tokenizer.ggml.merges': ['1 2'], 'tokenizer.ggml.tokens': [...tokens, '12'] };
    const types = { 'tokenizer.ggml.token_type': [...tokens.map(() => 1), 1] };
    const count = (pre: string): number =>
      load({
        ...merges,
        ...types,
        'tokenizer.ggml.pre': pre,
        'tokenizer.ggml.add_bos_token': false,
      }).encode('12').length;
    expect([count('smollm'), count('qwen2'), count('gpt-2'), count('llama-bpe')]).toEqual([
      2, 2, 1, 1,
    ]);
  });

  it('is refused when its kind of split or of model is unknown', () => {
    expect(() => load({ 'tokenizer.ggml.pre': 'tekken' })).toThrow(UnsupportedComponentError);
    expect(() => load({ 'tokenizer.ggml.pre': 'tekken' })).toThrow(
      'fromGguf: tokenizer.ggml.pre: expected gpt-2, smollm, llama-bpe, dbrx, qwen2, gpt-4o, got "tekken".',
    );
    expect(() => load({ 'tokenizer.ggml.model': 'odd' })).toThrow('got "odd"');
    expect(() => load({ 'tokenizer.ggml.bos_token_id': 9999 })).toThrow('an id below');
  });
});

describe('the metadata of a GGUF file', () => {
  const whole = ggufBytes(vocabulary);

  it('is refused at every length that cuts it', () => {
    for (let length = 0; length < whole.length; length += 7) {
      expect(() => parseGgufMetadata(whole.subarray(0, length))).toThrow(TokenizerFormatError);
    }
  });

  it('is refused when a length lies, before anything is allocated', () => {
    const header = () => new GgufWriter().raw(0x47, 0x47, 0x55, 0x46).number(3, 4).number(0, 8);
    const lies = {
      keys: header().number(2 ** 50, 8),
      string: header()
        .number(1, 8)
        .number(2 ** 40, 8)
        .raw(...new Array<number>(64).fill(0)),
      array: header()
        .number(1, 8)
        .string('k')
        .number(9, 4)
        .number(8, 4)
        .number(2 ** 31, 8),
      type: header().number(1, 8).string('k').number(99, 4).number(0, 8),
      nesting: header()
        .number(1, 8)
        .string('k')
        .number(9, 4)
        .raw(...new Array<number[]>(20).fill([9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]).flat()),
    };
    for (const [name, writer] of Object.entries(lies)) {
      expect(() => parseGgufMetadata(writer.bytes), name).toThrow(TokenizerFormatError);
    }
  });

  it('is refused when the file is of another kind or version', () => {
    expect(() => parseGgufMetadata(new TextEncoder().encode('{"a": 1, "b": 2}'))).toThrow(
      'begins with "GGUF"',
    );
    const old = whole.slice();
    old[4] = 1;
    expect(() => parseGgufMetadata(old)).toThrow('expected GGUF version 2 or 3, got version 1');
  });

  it('is read from as much of the file as it takes', async () => {
    // A template of 5 MB does not fit in the first read of 4 MB; the second, of 8 MB, has it.
    const template = 'x'.repeat(5_000_000);
    const bytes = ggufBytes({ ...vocabulary, 'tokenizer.chat_template': template });
    const padded = new Uint8Array(10_000_000);
    padded.set(bytes);
    const lengths: number[] = [];
    const readPrefix = (length: number): Promise<Uint8Array> => {
      lengths.push(length);
      return Promise.resolve(padded.subarray(0, length));
    };
    const metadata = await readGgufMetadata({ size: padded.length, readPrefix });
    expect(metadata.get('tokenizer.chat_template')).toBe(template);
    expect(lengths).toEqual([4 * 1024 * 1024, 8 * 1024 * 1024]);
  });
});
