import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, paramsFromConfig, shapeFromConfig } from './index.ts';

interface Row {
  name: string;
  config: Record<string, unknown>;
  parameters: number;
}

// Counted by Transformers (tools/fixtures/memory_counts.py).
const url = new URL('../fixtures/parameter-counts.json', import.meta.url);
const rows = JSON.parse(readFileSync(url, 'utf8')) as Row[];
const camel = (key: string) => key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

describe('paramsFromConfig', () => {
  it.each(rows)('counts $name as Transformers does', ({ config, parameters }) => {
    expect(paramsFromConfig(config)).toBe(parameters);
  });

  it('reads camelCase keys alike', () => {
    for (const { config, parameters } of rows) {
      const entries = Object.entries(config).map(([key, value]) => [camel(key), value]);
      expect(paramsFromConfig(Object.fromEntries(entries))).toBe(parameters);
    }
  });

  it('agrees with the published counts of GPT-2 and SmolLM2', () => {
    const byName = new Map(rows.map((row) => [row.name, paramsFromConfig(row.config)]));
    expect(byName.get('gpt2')).toBe(124_439_808);
    expect(byName.get('SmolLM2-135M')).toBe(134_515_008);
  });
});

describe('shapeFromConfig', () => {
  it('refuses an unknown family, naming what it knows', () => {
    expect(() => shapeFromConfig({ model_type: 'mamba' })).toThrow(
      'shapeFromConfig: model_type: expected gpt2, gpt_neox, llama, mistral, mixtral, qwen2, qwen3, qwen3_moe, smollm3, phi3, gemma, gemma2, gemma3_text, got mamba.',
    );
  });

  it('refuses a missing or impossible size, naming its key', () => {
    expect(() => shapeFromConfig({ model_type: 'llama' })).toThrow(ConfigError);
    expect(() => shapeFromConfig({ model_type: 'gpt2', n_layer: -1 })).toThrow(
      'n_layer: expected a positive integer, got -1',
    );
    expect(() => shapeFromConfig({ model_type: 'gpt2', n_embd: 10, n_head: 3 })).toThrow(
      'expected a divisor of the width 10, got 3',
    );
  });

  it('returns a shape as it is', () => {
    const shape = shapeFromConfig({ model_type: 'gpt2' });
    expect(shapeFromConfig(shape)).toBe(shape);
  });
});

// PyTorch's counts of the tiny models of packages/transformer/fixtures.
describe('the relatives of Llama', () => {
  const sizes = {
    vocab_size: 41,
    hidden_size: 16,
    intermediate_size: 20,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
  };

  it.each([
    [{ model_type: 'mistral', head_dim: 6 }, 5616],
    [{ model_type: 'qwen2', tie_word_embeddings: true }, 4256],
    [{ model_type: 'qwen3', head_dim: 8 }, 6416],
    [{ model_type: 'smollm3' }, 4192],
    [{ model_type: 'gemma2', head_dim: 6 }, 5024],
    [{ model_type: 'gemma3_text', head_dim: 6 }, 5048],
    [{ model_type: 'phi3' }, 4848],
  ])('%j has as many parameters as in Transformers', (config, count) => {
    expect(paramsFromConfig({ ...sizes, ...config })).toBe(count);
  });
});
