import { describe, expect, it } from 'vitest';
import {
  checkpointedActivationBytes,
  partBytes,
  savedActivationBytes,
  savedNumbersPerLayer,
  shapeFromConfig,
  trainingMemory,
  parameterCount,
} from './index.ts';

const tiny = shapeFromConfig({
  ...{ model_type: 'llama', vocab_size: 50, hidden_size: 12, intermediate_size: 20 },
  ...{ num_hidden_layers: 2, num_attention_heads: 3, num_key_value_heads: 1 },
});

describe('trainingMemory', () => {
  it('takes 16 bytes a parameter for float32 AdamW beside activations', () => {
    const memory = trainingMemory('1B', { sequenceLength: 1 });
    const fixed = ['weights', 'gradients', 'optimizerState'].map((name) => partBytes(memory, name));
    expect(fixed).toEqual([4e9, 4e9, 8e9]);
  });

  it('charges gradients and moments only for what trains', () => {
    const memory = trainingMemory(tiny, { trainableParameters: 100, optimizer: 'adamw' });
    expect(partBytes(memory, 'gradients')).toBe(400);
    expect(partBytes(memory, 'optimizerState')).toBe(800);
    expect(partBytes(memory, 'weights')).toBe(4 * parameterCount(tiny) + 400); // the base and the adapter
  });

  it('saves per layer and token what the backward pass reads', () => {
    // 4C = 48, q and output 24, k and v 8, log-sum-exp 3, gate, up, product 60.
    expect(savedNumbersPerLayer(tiny)).toBe(48 + 24 + 8 + 3 + 60);
    expect(savedActivationBytes(tiny, { batch: 3, tokens: 5 })).toBe(3 * 5 * (2 * 143 + 24) * 4);
  });

  it('keeps one layer and the inputs of the others with checkpointing', () => {
    const expected = 5 * (4 * 12 + 143) * 4;
    expect(checkpointedActivationBytes(tiny, { tokens: 5 })).toBe(expected);
    const memory = trainingMemory(tiny, { sequenceLength: 5, isCheckpointed: true });
    expect(partBytes(memory, 'activations')).toBe(expected);
  });

  it('counts logits and their gradient', () => {
    const memory = trainingMemory(tiny, { batch: 2, sequenceLength: 5 });
    expect(partBytes(memory, 'lossAndLogits')).toBe(2 * 5 * (8 + 2 * 200));
  });

  it('refuses a negative trainable count', () => {
    expect(() => trainingMemory(tiny, { trainableParameters: -5 })).toThrow(
      'trainingMemory: trainableParameters: expected a whole number ≥ 0, got -5.',
    );
  });
});
