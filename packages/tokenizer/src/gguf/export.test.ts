import { describe, expect, it } from 'vitest';
import { gpt2Tokenizer } from '../../test-support/gpt2.ts';
import { Tokenizer, trainBpe } from '../index.ts';
import { bertDefinition } from '../io/legacy-files.ts';
import { splitFor } from './split.ts';

const TEXT = "The cat's 1234 hats<|endoftext|> naïve \u{1f600}\n";

describe('toGgufMetadata', () => {
  it('is read as the same tokenizer', () => {
    const gpt2 = gpt2Tokenizer();
    const named = new Tokenizer(gpt2.definition, { eosToken: '<|endoftext|>' });
    const metadata = named.toGgufMetadata();
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
    const metadata = own.toGgufMetadata();
    const again = Tokenizer.fromGguf(metadata);
    expect(metadata.get('tokenizer.ggml.pre')).toBe('smollm');
    expect(again.encode('12 cats<end>')).toEqual(own.encode('12 cats<end>'));
    expect([again.eosTokenId, again.padTokenId, again.chatTemplate]).toEqual([
      0,
      1,
      '{{ messages }}',
    ]);
  });

  it('names cl100k-like and o200k-like splits', () => {
    const named = (pre: string): unknown => {
      const gpt2 = gpt2Tokenizer(splitFor(pre).preTokenizer).definition;
      return new Tokenizer(gpt2).toGgufMetadata().get('tokenizer.ggml.pre');
    };
    expect(['dbrx', 'gpt-4o'].map(named)).toEqual(['dbrx', 'gpt-4o']);
  });

  it('writes BERT with ▁ before words and no ##', () => {
    const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'cat', '##s', 'Cat', 'é', 'e'];
    const bert = new Tokenizer(bertDefinition(tokens.join('\n')), { padToken: '[PAD]' });
    const metadata = bert.toGgufMetadata();
    expect(metadata.get('tokenizer.ggml.tokens')).toEqual([
      ...tokens.slice(0, 5),
      ...['▁cat', 's', '▁Cat', '▁é', '▁e'],
    ]);
    expect(metadata.get('tokenizer.ggml.seperator_token_id')).toBe(3);
    const again = Tokenizer.fromGguf(metadata);
    expect(again.encode('Cats é dog')).toEqual([2, 5, 6, 9, 1, 3]);
    const config = { do_lower_case: false };
    const cased = new Tokenizer(bertDefinition(tokens.join('\n'), config)).toGgufMetadata();
    expect(Tokenizer.fromGguf(cased).encode('Cats é dog')).toEqual([2, 7, 6, 8, 1, 3]);
  });

  it('refuses what a GGUF file cannot name', () => {
    const odd = gpt2Tokenizer({ type: 'ByteLevel', add_prefix_space: true, use_regex: true });
    expect(() => odd.toGgufMetadata()).toThrow(/expected a split of gpt-2/);
    const words = Tokenizer.fromJSON({ model: { type: 'WordLevel', vocab: {}, unk_token: 'u' } });
    expect(() => words.toGgufMetadata()).toThrow(/BPE, Unigram or WordPiece, which/);
  });
});
