import { describe, expect, it } from 'vitest';
import { configFromGgufHeader, parameterCount, weightTypeFromGgufHeader } from './index.ts';
import { paramsFromConfig, shapeFromConfig } from './index.ts';

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

  /** A header with the sizes of a config.json. */
  const headerOf = (architecture: string, sizes: Readonly<Record<string, number>>) => {
    const entries = Object.entries(sizes).map(
      ([key, value]) => [`${architecture}.${key}`, value] as const,
    );
    return new Map<string, unknown>([['general.architecture', architecture], ...entries]);
  };
  const common = { block_count: 2, context_length: 64, embedding_length: 32, vocab_size: 100 };
  const heads = { 'attention.head_count': 4, 'attention.head_count_kv': 2 };

  // Beside the same model's config.json, whose counts Transformers gave (parameters.test.ts).
  it.each([
    ['gptneox', 'gpt_neox', { hasOutput: true }],
    ['phi3', 'phi3', { hasOutput: true }],
    ['smollm3', 'smollm3', { hasOutput: false }],
    ['gemma', 'gemma', { hasOutput: false }],
    ['gemma2', 'gemma2', { hasOutput: false }],
    ['gemma3', 'gemma3_text', { hasOutput: false }],
    ['llama', 'mixtral', { hasOutput: true, experts: 8, used: 2 }],
    ['qwen3moe', 'qwen3_moe', { hasOutput: true, experts: 6, used: 3 }],
  ] as const)('counts %s as the config.json of %s', (architecture, modelType, traits) => {
    const { hasOutput, experts, used } = { experts: undefined, used: undefined, ...traits };
    const isQwen = modelType === 'qwen3_moe';
    const kv = modelType === 'gpt_neox' ? 4 : 2;
    const header = headerOf(architecture, {
      ...{ ...common, ...heads, 'attention.head_count_kv': kv, 'attention.key_length': 8 },
      ...(isQwen
        ? { expert_feed_forward_length: 48, feed_forward_length: 999 }
        : { feed_forward_length: 48 }),
      ...(experts && { expert_count: experts, expert_used_count: used }),
    });
    const config = {
      ...{ model_type: modelType, vocab_size: 100, hidden_size: 32, num_hidden_layers: 2 },
      ...{ num_attention_heads: 4, num_key_value_heads: kv, head_dim: 8 },
      ...{ max_position_embeddings: 64, tie_word_embeddings: !hasOutput },
      ...(isQwen ? { moe_intermediate_size: 48 } : { intermediate_size: 48 }),
      ...(experts && {
        [isQwen ? 'num_experts' : 'num_local_experts']: experts,
        num_experts_per_tok: used,
      }),
    };
    const tensorNames = ['token_embd.weight', ...(hasOutput ? ['output.weight'] : [])];
    const shape = configFromGgufHeader(header, { tensorNames });
    expect(parameterCount(shape)).toBe(paramsFromConfig(config));
    expect(shape).toMatchObject(shapeFromConfig(config));
  });

  it('names the weight type of the file', () => {
    expect(weightTypeFromGgufHeader(metadata)).toBe('Q4_1');
    expect(weightTypeFromGgufHeader(new Map([['general.file_type', 15]]))).toBe('Q4_K');
    expect(weightTypeFromGgufHeader(new Map())).toBeUndefined();
  });

  it('refuses an unknown architecture and per-layer arrays', () => {
    expect(() => configFromGgufHeader(new Map([['general.architecture', 'rwkv7']]))).toThrow(
      'configFromGgufHeader: general.architecture: expected one of llama, gpt2, gptneox, qwen2, qwen3, qwen3moe, phi3, smollm3, gemma, gemma2, gemma3, got rwkv7.',
    );
    const perLayer = new Map(metadata).set('llama.attention.head_count_kv', [3, 3]);
    expect(() => configFromGgufHeader(perLayer)).toThrow(
      'expected a positive integer, got an array',
    );
  });
});
