import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { completeConfig, configFromGguf, configToJson, parseConfig } from './config.ts';

const readJson = (model: string): unknown => {
  const url = new URL(`../../fixtures/${model}/config.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8'));
};

describe('parseConfig', () => {
  it('reads what Transformers writes for GPT-2', () => {
    expect(parseConfig(readJson('gpt2-tiny'))).toMatchObject({
      modelType: 'gpt2',
      vocabSize: 37,
      nEmbd: 12,
      nInner: null,
      activationFunction: 'gelu_new',
      eosTokenId: 2,
      tieWordEmbeddings: true,
    });
  });

  it('reads what Transformers writes for Llama, rope parameters included', () => {
    expect(parseConfig(readJson('llama-tied-tiny'))).toMatchObject({
      modelType: 'llama',
      headDim: 6,
      numKeyValueHeads: 1,
      ropeTheta: 500,
      ropeScaling: { ropeType: 'llama3', factor: 8, originalMaxPositionEmbeddings: 32 },
      eosTokenId: [2, 3],
      tieWordEmbeddings: true,
    });
  });

  it('reads the older keys rope_theta and rope_scaling', () => {
    const rope_scaling = { type: 'linear', factor: 2 };
    const config = parseConfig({ model_type: 'llama', rope_theta: 5, rope_scaling });
    expect(config).toMatchObject({ ropeTheta: 5, ropeScaling: { ropeType: 'linear', factor: 2 } });
  });

  it.each(['gpt2-tiny', 'llama-tiny', 'llama-tied-tiny'])(
    'reads back what it wrote: %s',
    (name) => {
      const config = parseConfig(readJson(name));
      expect(parseConfig(configToJson(config))).toEqual(config);
    },
  );

  it.each([
    [{ model_type: 'rwkv' }, /modelType: expected one of gpt2, llama, .*, got "rwkv"/],
    [{ model_type: 'bert' }, 'got "bert". Use loadEncoder.'],
    [{ model_type: 't5' }, 'got "t5". Use loadSeq2Seq.'],
    [{ model_type: 'gpt2', n_embd: '12' }, 'gpt2: nEmbd: expected a positive integer, got "12"'],
    [
      { model_type: 'gpt2', n_embd: 10, n_head: 3 },
      'nEmbd: expected a multiple of nHead 3, got 10',
    ],
    [{ model_type: 'llama', hidden_act: 'gelu' }, 'hiddenAct: expected one of silu, got "gelu"'],
    [{ model_type: 'llama', num_key_value_heads: 5 }, 'expected a divisor of numAttentionHeads 32'],
    [{ model_type: 'llama', head_dim: 5 }, 'headDim: expected an even integer, got 5'],
    [
      { model_type: 'llama', rope_scaling: { rope_type: 'yarn' } },
      'ropeScaling: factor: expected a positive number',
    ],
    [null, 'parseConfig: json: expected an object'],
  ])('refuses %j', (json, message) => {
    expect(() => parseConfig(json)).toThrow(message);
  });
});

describe('completeConfig', () => {
  it('gives the published sizes where nothing is said', () => {
    expect(completeConfig({ modelType: 'gpt2' })).toMatchObject({ nLayer: 12, nEmbd: 768 });
    expect(completeConfig({ modelType: 'llama' })).toMatchObject({
      numKeyValueHeads: 32,
      headDim: 128,
    });
  });
});

describe('configFromGguf', () => {
  const metadata = new Map<string, unknown>([
    ['general.architecture', 'llama'],
    ['llama.block_count', 30],
    ['llama.context_length', 8192],
    ['llama.embedding_length', 576],
    ['llama.feed_forward_length', 1536],
    ['llama.attention.head_count', 9],
    ['llama.attention.head_count_kv', 3],
    ['llama.rope.freq_base', 100000],
    ['llama.attention.layer_norm_rms_epsilon', Math.fround(1e-5)],
    ['llama.rope.dimension_count', 64],
    ['tokenizer.ggml.tokens', ['a', 'b', 'c']],
    ['tokenizer.ggml.eos_token_id', 2],
  ]);

  it('reads a Llama header', () => {
    expect(configFromGguf(metadata, ['token_embd.weight'])).toMatchObject({
      vocabSize: 3,
      hiddenSize: 576,
      numKeyValueHeads: 3,
      headDim: 64,
      rmsNormEps: 1e-5,
      ropeTheta: 100000,
      tieWordEmbeddings: true,
      eosTokenId: 2,
    });
  });

  it('sees untied embeddings and biases in the tensors names', () => {
    const names = ['output.weight', 'blk.0.attn_q.bias'];
    expect(configFromGguf(metadata, names)).toMatchObject({
      tieWordEmbeddings: false,
      attentionBias: true,
      mlpBias: false,
    });
  });

  it('refuses an architecture that is not there, and a header with a hole', () => {
    expect(() => configFromGguf(new Map([['general.architecture', 'rwkv']]))).toThrow(
      'gguf: general.architecture: expected one of gpt2, llama, gptneox, gemma, gemma2, gemma3, phi3, qwen2, qwen3, qwen3moe, smollm3, got "rwkv"',
    );
    const partial = new Map([...metadata].filter(([key]) => key !== 'llama.block_count'));
    expect(() => configFromGguf(partial)).toThrow('gguf: llama.block_count: expected a number');
  });
});
