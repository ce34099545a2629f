// Qwen2 (Yang et al. 2024): Llama with biases on queries, keys and values, and windows in the upper
// layers if asked. Qwen3 (Yang et al. 2025): no biases, RMSNorm on the queries and keys of each head;
// its mixture-of-experts models route each token to a few of many small experts.
import type { DecoderSizes, LayerPlan } from '../decoder/config.ts';
import {
  optionalInteger,
  slidingLayers,
  type DecoderArchitecture,
  type Json,
} from '../decoder/architecture.ts';

export const QWEN2: DecoderArchitecture = {
  className: 'Qwen2ForCausalLM',
  defaults: {
    vocabSize: 151936,
    intermediateSize: 22016,
    numKeyValueHeads: 32,
    useSlidingWindow: false,
    slidingWindow: 4096,
    maxWindowLayers: 28,
  },
  traits: (sizes, fields) => ({ hasQkvBias: true, layers: layersOf(sizes, fields) }),
};

export const QWEN3: DecoderArchitecture = {
  className: 'Qwen3ForCausalLM',
  defaults: { ...QWEN2.defaults, headDim: 128 },
  traits: (sizes, fields) => ({
    hasQueryKeyNorm: true,
    hasQkvBias: fields['attentionBias'] === true,
    hasOutputBias: fields['attentionBias'] === true,
    layers: layersOf(sizes, fields),
  }),
};

export const QWEN3_MOE: DecoderArchitecture = {
  className: 'Qwen3MoeForCausalLM',
  defaults: {
    vocabSize: 151936,
    hiddenSize: 2048,
    intermediateSize: 6144,
    numHiddenLayers: 24,
    numKeyValueHeads: 4,
    useSlidingWindow: false,
    slidingWindow: 4096,
    decoderSparseStep: 1,
    moeIntermediateSize: 768,
    numExpertsPerTok: 8,
    normTopkProb: false,
    mlpOnlyLayers: [],
  },
  traits: (sizes, fields) => ({
    hasQueryKeyNorm: true,
    hasQkvBias: fields['attentionBias'] === true,
    hasOutputBias: fields['attentionBias'] === true,
    layers: sparseLayers(sizes, fields),
    experts: {
      count:
        optionalInteger(fields, 'numExperts') ?? optionalInteger(fields, 'numLocalExperts') ?? 128,
      perToken: optionalInteger(fields, 'numExpertsPerTok') ?? 8,
      intermediateSize: optionalInteger(fields, 'moeIntermediateSize') ?? 768,
      isNormalized: fields['normTopkProb'] === true,
    },
  }),
};

function layersOf(sizes: DecoderSizes, fields: Json): LayerPlan[] {
  const isUsed = fields['useSlidingWindow'] === true;
  const window = isUsed ? optionalInteger(fields, 'slidingWindow') : null;
  const first = optionalInteger(fields, 'maxWindowLayers') ?? 0;
  const slides = slidingLayers(sizes, fields, (layer) => layer >= first);
  return slides.map((isSliding) => ({
    window: isSliding ? window : null,
    rope: 'full',
    isSparse: false,
  }));
}

/** Every `decoderSparseStep`-th layer has experts, unless `mlpOnlyLayers` lists it. */
function sparseLayers({ numHiddenLayers }: DecoderSizes, fields: Json): LayerPlan[] {
  const step = optionalInteger(fields, 'decoderSparseStep') ?? 1;
  const dense: unknown = fields['mlpOnlyLayers'];
  const isUsed = fields['useSlidingWindow'] === true;
  const window = isUsed ? optionalInteger(fields, 'slidingWindow') : null;
  return Array.from({ length: numHiddenLayers }, (_, layer) => ({
    window,
    rope: 'full',
    isSparse: (layer + 1) % step === 0 && !(Array.isArray(dense) && dense.includes(layer)),
  }));
}
