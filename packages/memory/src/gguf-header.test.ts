import { describe, expect, it } from 'vitest';
import { configFromGgufHeader, parameterCount, weightTypeFromGgufHeader } from './index.ts';

// What the header of SmolLM2-135M-Instruct.Q4_1.gguf says.
const metadata = new Map<string, unknown>([
  ['general.architecture', 'llama'],
  ['general.file_type', 3],
  ['llama.block_count', 30],
  ['llama.context_length', 8192n],
  ['llama.embedding_length', 576],
  ['llama.feed_forward_length', 1536],
  ['llama.attention.head_count', 9],
  ['llama.attention.head_count_kv', 3],
  ['llama.vocab_size', 49152],
]);

describe('configFromGgufHeader', () => {
  it('reads SmolLM2 and counts its parameters', () => {
    expect(parameterCount(configFromGgufHeader(metadata))).toBe(134_515_008);
    expect(configFromGgufHeader(metadata)).toMatchObject({
      headDim: 64,
      maxPositionEmbeddings: 8192,
    });
  });

  it('counts an output head of its own when the tensor list has one', () => {
    const untied = configFromGgufHeader(metadata, {
      tensorNames: ['token_embd.weight', 'output.weight'],
    });
    expect(parameterCount(untied)).toBe(134_515_008 + 49152 * 576);
    const tied = configFromGgufHeader(metadata, { tensorNames: ['token_embd.weight'] });
    expect(tied.tieWordEmbeddings).toBe(true);
  });

  it('takes the vocabulary from the token list when its size is not given', () => {
    const listed = new Map(metadata);
    listed.delete('llama.vocab_size');
    listed.set('tokenizer.ggml.tokens', ['a', 'b', 'c']);
    expect(configFromGgufHeader(listed).vocabSize).toBe(3);
  });

  it('names the weight type of the file', () => {
    expect(weightTypeFromGgufHeader(metadata)).toBe('Q4_1');
    expect(weightTypeFromGgufHeader(new Map([['general.file_type', 15]]))).toBe('Q4_K');
    expect(weightTypeFromGgufHeader(new Map())).toBeUndefined();
  });

  it('refuses an unknown architecture and per-layer arrays', () => {
    expect(() => configFromGgufHeader(new Map([['general.architecture', 'rwkv7']]))).toThrow(
      'configFromGgufHeader: general.architecture: expected one of llama, gpt2, qwen2, qwen3, got rwkv7.',
    );
    const perLayer = new Map(metadata).set('llama.attention.head_count_kv', [3, 3]);
    expect(() => configFromGgufHeader(perLayer)).toThrow(
      'expected a positive integer, got an array',
    );
  });
});
