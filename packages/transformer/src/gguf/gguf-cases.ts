// Small configurations of every family that a GGUF file can hold, for the tests of this folder.
import type { ModelConfigInput } from '../config/config.ts';

export const SIZES = {
  vocabSize: 48,
  hiddenSize: 32,
  intermediateSize: 64,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 64,
  bosTokenId: 1,
  eosTokenId: 2,
  initializerRange: 0.3,
} as const;

const LLAMA3 = {
  ropeType: 'llama3',
  factor: 8,
  lowFreqFactor: 1,
  highFreqFactor: 4,
  originalMaxPositionEmbeddings: 8192,
};

/** Name of the file, configuration, and the model type that the file reads as. */
export const CASES: Record<string, [ModelConfigInput, readsAs?: string]> = {
  gpt2: [
    {
      modelType: 'gpt2',
      vocabSize: 48,
      nPositions: 64,
      nEmbd: 32,
      nLayer: 2,
      nHead: 4,
      bosTokenId: 1,
      eosTokenId: 2,
      initializerRange: 0.3,
    },
  ],
  llama: [{ modelType: 'llama', ...SIZES }],
  'llama-bias': [
    { modelType: 'llama', ...SIZES, attentionBias: true, mlpBias: true, tieWordEmbeddings: true },
  ],
  'llama-3.1': [
    {
      modelType: 'llama',
      ...SIZES,
      ropeTheta: 500000,
      ropeScaling: LLAMA3,
      headDim: 16,
    } as unknown as ModelConfigInput,
  ],
  'llama-linear': [
    { modelType: 'llama', ...SIZES, ropeScaling: { ropeType: 'linear', factor: 4 } },
  ],
  mistral: [{ modelType: 'mistral', ...SIZES, headDim: 16, slidingWindow: null }, 'llama'],
  mixtral: [
    { modelType: 'mixtral', ...SIZES, numLocalExperts: 3, numExpertsPerTok: 2, ropeTheta: 1e6 },
  ],
  qwen2: [{ modelType: 'qwen2', ...SIZES, tieWordEmbeddings: true }],
  qwen3: [{ modelType: 'qwen3', ...SIZES, headDim: 16 }],
  'qwen3-moe': [
    {
      modelType: 'qwen3_moe',
      ...SIZES,
      headDim: 16,
      numExperts: 4,
      numExpertsPerTok: 2,
      moeIntermediateSize: 32,
      normTopkProb: true,
    },
  ],
  smollm3: [{ modelType: 'smollm3', ...SIZES, numHiddenLayers: 5 }],
  gemma: [{ modelType: 'gemma', ...SIZES, headDim: 16 }],
  gemma2: [
    {
      modelType: 'gemma2',
      ...SIZES,
      headDim: 16,
      queryPreAttnScalar: 16,
      slidingWindow: 4,
      attnLogitSoftcapping: 50,
      finalLogitSoftcapping: 30,
    },
  ],
  gemma3: [
    {
      modelType: 'gemma3_text',
      ...SIZES,
      headDim: 16,
      queryPreAttnScalar: 16,
      slidingWindow: 4,
      numHiddenLayers: 7,
      ropeScaling: { ropeType: 'linear', factor: 8 },
    },
  ],
  phi3: [{ modelType: 'phi3', ...SIZES, originalMaxPositionEmbeddings: 64 }],
  'phi3-long': [
    {
      modelType: 'phi3',
      ...SIZES,
      originalMaxPositionEmbeddings: 8, // fewer than the ids, so that both take the long factors
      ropeScaling: { type: 'longrope', longFactor: [2, 3, 4, 5], shortFactor: [1, 1.25, 1.5, 2] },
    },
  ],
  gptneox: [{ modelType: 'gpt_neox', ...SIZES, intermediateSize: 128 } as ModelConfigInput],
  'gptneox-serial': [
    { modelType: 'gpt_neox', ...SIZES, useParallelResidual: false } as ModelConfigInput,
  ],
};
