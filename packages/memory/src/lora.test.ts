import { describe, expect, it } from 'vitest';
import { loraParameterCount, partBytes, shapeFromConfig, trainingMemory } from './index.ts';

const smollm2 = shapeFromConfig({
  ...{ model_type: 'llama', vocab_size: 49152, hidden_size: 576, intermediate_size: 1536 },
  ...{ num_hidden_layers: 30, num_attention_heads: 9, num_key_value_heads: 3 },
  ...{ max_position_embeddings: 8192, tie_word_embeddings: true },
});
const gpt2 = shapeFromConfig({ model_type: 'gpt2' });

describe('loraParameterCount', () => {
  it('adds R·(I + O) for each adapted layer', () => {
    // SmolLM2, q and v: 8·((576 + 576) + (576 + 192)) · 30 layers
    expect(loraParameterCount(smollm2, { targetModules: ['q_proj', 'v_proj'] })).toBe(460_800);
    // counted by @llm/peft on the loaded model with all linear layers
    expect(loraParameterCount(smollm2, { rank: 16 })).toBe(4_884_480);
    // GPT-2's c_attn: 8·(768 + 2304) · 12, which PEFT prints as 294,912 trainable parameters
    expect(loraParameterCount(gpt2, { targetModules: ['c_attn'] })).toBe(294_912);
  });

  it('makes fine-tuning far cheaper than training all', () => {
    const trainableParameters = loraParameterCount(smollm2, { rank: 16 });
    const lora = trainingMemory(smollm2, { sequenceLength: 256, trainableParameters });
    const full = trainingMemory(smollm2, { sequenceLength: 256 });
    expect(partBytes(lora, 'optimizerState')).toBeLessThan(
      0.04 * partBytes(full, 'optimizerState'),
    );
    expect(lora.totalBytes).toBeLessThan(0.5 * full.totalBytes);
  });

  it('names the layers it knows', () => {
    expect(() => loraParameterCount(gpt2, { targetModules: ['q_proj'] })).toThrow(
      'loraParameterCount: targetModules: expected c_attn, c_fc, c_proj, got q_proj.',
    );
  });
});
