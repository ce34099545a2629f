import { describe, expect, it } from 'vitest';
import {
  bytesPerWeight,
  ggufTensorBytes,
  matrixBytes,
  parseWeightType,
  resolveShape,
  shapeFromConfig,
  weightBytes,
} from './index.ts';

const smollm2 = shapeFromConfig({
  ...{ model_type: 'llama', vocab_size: 49152, hidden_size: 576, intermediate_size: 1536 },
  ...{ num_hidden_layers: 30, num_attention_heads: 9, num_key_value_heads: 3 },
  ...{ max_position_embeddings: 8192, tie_word_embeddings: true },
});

describe('weightBytes', () => {
  it('gives 14 GB for 7B in fp16', () => {
    expect(weightBytes(resolveShape('7B'), { weightType: 'F16' })).toBe(14e9);
  });

  it('gives the bytes of the published SmolLM2 Q4_1 GGUF file', () => {
    // gguf-py sums 96,576,768 over its tensors: 210 matrices in Q4_1, embeddings in Q8_0, norms in F32.
    expect(weightBytes(smollm2, { weightType: 'Q4_1', embeddingType: 'Q8_0' })).toBe(96_576_768);
  });

  it('is 4 bytes a parameter in float32 and 2 in float16', () => {
    expect(weightBytes(smollm2, { weightType: 'F32' })).toBe(4 * 134_515_008);
    expect(weightBytes(smollm2)).toBe(2 * 134_515_008);
  });
});

describe('weight types', () => {
  it('counts whole blocks of each row', () => {
    expect(bytesPerWeight('Q4_1')).toBe(20 / 32);
    expect(matrixBytes(3, 64, 'Q8_0')).toBe(3 * 2 * 34);
    expect(matrixBytes(3, 65, 'Q8_0')).toBe(3 * 3 * 34); // the 65th weight opens a block
  });

  it('knows everyday names', () => {
    expect(['fp16', 'float32', 'bf16', 'q4_k_m', 'Q4_1'].map(parseWeightType)).toEqual([
      ...['F16', 'F32', 'BF16', 'Q4_K', 'Q4_1'],
    ]);
    expect(() => parseWeightType('fp12')).toThrow('parseWeightType: type: expected one of F64');
    expect(() => parseWeightType('toString')).toThrow('got toString');
  });
});

describe('ggufTensorBytes', () => {
  it('adds the tensors of a header and refuses a lying length', () => {
    expect(ggufTensorBytes([{ byteLength: 20 }, { byteLength: 34 }])).toBe(54);
    expect(() => ggufTensorBytes([{ byteLength: -1 }])).toThrow(
      'expected a whole number ≥ 0, got -1',
    );
  });
});
