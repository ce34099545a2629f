import { describe, expect, it } from 'vitest';
import { gpt2Tokenizer } from '../../test-support/gpt2.ts';
import { Tokenizer, toGgufMetadata, trainBpe } from '../index.ts';

const TEXT = "The cat's 1234 hats<|endoftext|> naïve \u{1f600}\n";

describe('toGgufMetadata', () => {
  it('is read as the same tokenizer', () => {
    const gpt2 = gpt2Tokenizer();
    const metadata = toGgufMetadata(gpt2.definition, { eosToken: '<|endoftext|>' });
    const again = Tokenizer.fromGguf(metadata);
    expect(again.encode(TEXT)).toEqual(gpt2.encode(TEXT));
    expect(again.eosTokenId).toBe(50256);
    expect(metadata.get('tokenizer.ggml.pre')).toBe('gpt-2');
  });

  it('names single digits, and keeps roles and template', async () => {
    const digits = { type: 'Digits', individual_digits: true };
    const byteLevel = { type: 'ByteLevel', add_prefix_space: false, use_regex: true };
    const own = await trainBpe(['12 cats 34 cats'], {
      vocabSize: 262,
      specialTokens: ['<end>', '<pad>'],
      eosToken: '<end>',
      padToken: '<pad>',
      chatTemplate: '{{ messages }}',
      preTokenizer: { type: 'Sequence', pretokenizers: [digits, byteLevel] },
    });
    const metadata = toGgufMetadata(own.definition, own.roles);
    const again = Tokenizer.fromGguf(metadata);
    expect(metadata.get('tokenizer.ggml.pre')).toBe('smollm');
    expect(again.encode('12 cats<end>')).toEqual(own.encode('12 cats<end>'));
    expect([again.eosTokenId, again.padTokenId, again.chatTemplate]).toEqual([
      0,
      1,
      '{{ messages }}',
    ]);
  });

  it('refuses what a GGUF file cannot name', () => {
    const odd = gpt2Tokenizer({ type: 'ByteLevel', add_prefix_space: true, use_regex: true });
    expect(() => toGgufMetadata(odd.definition, {})).toThrow(/expected a split of gpt-2/);
    const words = Tokenizer.fromJSON({ model: { type: 'WordLevel', vocab: {}, unk_token: 'u' } });
    expect(() => toGgufMetadata(words.definition, {})).toThrow(/byte-level BPE, which/);
  });
});
