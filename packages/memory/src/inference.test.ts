import { describe, expect, it } from 'vitest';
import {
  activationBytes,
  inferenceMemory,
  inputOutputBytes,
  kvCacheBytes,
  kvCacheBytesPerToken,
  partBytes,
  shapeFromConfig,
} from './index.ts';

// Small and pairwise different: C 12, F 20, L 2, H 3, K 1, D 4, V 50.
const tiny = shapeFromConfig({
  ...{ model_type: 'llama', vocab_size: 50, hidden_size: 12, intermediate_size: 20 },
  ...{ num_hidden_layers: 2, num_attention_heads: 3, num_key_value_heads: 1 },
});

describe('kvCacheBytes', () => {
  it('is a key and a value of K·D numbers for each layer and token', () => {
    expect(kvCacheBytesPerToken(tiny)).toBe(2 * 2 * (1 * 4) * 2); // 2 × layers × K·D × 2 bytes
    expect(kvCacheBytes(tiny, { batch: 3, contextLength: 5, kvType: 'F32' })).toBe(3 * 5 * 64);
  });

  it('is half a megabyte a token for Llama-2-7B in fp16', () => {
    const parts = { model_type: 'llama', vocab_size: 32000, hidden_size: 4096 };
    const llama2 = { ...parts, intermediate_size: 11008, num_hidden_layers: 32 };
    const shape = shapeFromConfig({ ...llama2, num_attention_heads: 32 });
    expect(kvCacheBytesPerToken(shape)).toBe(524_288);
  });
});

describe('activationBytes', () => {
  it('counts the widest moment of a layer', () => {
    // MLP: 12 + 3·20 = 72 numbers beats attention: 12 + (2·3 + 2·1)·4 = 44. 2 × 5 tokens × 72 × 4 bytes.
    expect(activationBytes(tiny, { batch: 2, tokens: 5 })).toBe(2 * 5 * 72 * 4);
  });
});

describe('inputOutputBytes', () => {
  it('counts ids, mask, embedded input and the last logits', () => {
    expect(inputOutputBytes(tiny, { batch: 2, tokens: 5 })).toBe(
      2 * (2 * 5 * 4 + 5 * 12 * 4 + 50 * 4),
    );
  });
});

describe('inferenceMemory', () => {
  it('adds its parts up, with shares that sum to 1', () => {
    const memory = inferenceMemory(tiny, { batch: 2, contextLength: 7, kvType: 'Q8_0' });
    expect(memory.parts.map((part) => part.name)).toEqual([
      ...['weights', 'kvCache', 'activations', 'inputsAndOutputs'],
    ]);
    expect(memory.parts.reduce((sum, part) => sum + part.bytes, 0)).toBe(memory.totalBytes);
    expect(memory.parts.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(1, 12);
    expect(partBytes(memory, 'kvCache')).toBe(2 * 7 * 2 * 2 * 34); // a row of 4 numbers fills a block
  });

  it('gives about four fifths to the weights of a 7B model at a usual context', () => {
    const memory = inferenceMemory('7B', { contextLength: 4096, weightType: 'fp16' });
    expect(partBytes(memory, 'weights')).toBe(14e9);
    expect(memory.parts[0]?.share).toBeGreaterThan(0.75);
    expect(memory.parts[0]?.share).toBeLessThan(0.9);
    expect(memory.isEstimate).toBe(true);
  });

  it('takes exact weight bytes from a file', () => {
    const memory = inferenceMemory(tiny, { exactWeightBytes: 1234, contextLength: 1 });
    expect(partBytes(memory, 'weights')).toBe(1234);
    expect(memory.isEstimate).toBe(false);
  });

  it('refuses a count that is not a positive integer', () => {
    expect(() => inferenceMemory(tiny, { batch: 0 })).toThrow(
      'inferenceMemory: batch: expected a positive integer, got 0.',
    );
    expect(() => inferenceMemory('7 potatoes')).toThrow('such as "7B", got "7 potatoes"');
    expect(() => inferenceMemory(-1)).toThrow('expected a positive integer, got -1');
  });
});
