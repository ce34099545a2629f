// Gemma (Gemma Team 2024): norm weights stored less 1, embeddings times √hiddenSize, GELU gate. Gemma 2
// (2024, arXiv 2408.00118) adds norms after each block, soft caps and windows in every other layer.
// Gemma 3 (2025, arXiv 2503.19786) has norms on queries and keys in the place of caps, and positions
// of their own in the local layers.
import type { RotaryOptions } from '../../position/rotary-embedding.ts';
import type { DecoderSizes, DecoderTraits } from '../decoder/config.ts';
import {
  asRecord,
  optionalInteger,
  readRope,
  slidingLayers,
  type DecoderArchitecture,
  type Json,
} from '../decoder/architecture.ts';

const DEFAULTS = {
  vocabSize: 256000,
  hiddenSize: 2304,
  intermediateSize: 9216,
  numHiddenLayers: 26,
  numAttentionHeads: 8,
  numKeyValueHeads: 4,
  headDim: 256,
  hiddenActivation: 'gelu_pytorch_tanh',
  maxPositionEmbeddings: 8192,
  tieWordEmbeddings: true,
  bosTokenId: 2,
  eosTokenId: 1,
  padTokenId: 0,
};

export const GEMMA: DecoderArchitecture = {
  className: 'GemmaForCausalLM',
  defaults: {
    ...DEFAULTS,
    hiddenSize: 3072,
    intermediateSize: 24576,
    numHiddenLayers: 28,
    numAttentionHeads: 16,
    numKeyValueHeads: 16,
  },
  traits: sharedTraits,
};

export const GEMMA2: DecoderArchitecture = {
  className: 'Gemma2ForCausalLM',
  defaults: {
    ...DEFAULTS,
    queryPreAttnScalar: 256,
    slidingWindow: 4096,
    finalLogitSoftcapping: 30,
    attnLogitSoftcapping: 50,
  },
  traits: (sizes, fields) => {
    const window = optionalInteger(fields, 'slidingWindow');
    const slides = slidingLayers(sizes, fields, (layer) => layer % 2 === 0);
    return {
      ...sharedTraits(sizes, fields),
      ...laterTraits(sizes, fields),
      layers: slides.map((isSliding) => ({
        window: isSliding ? window : null,
        rope: 'full',
        isSparse: false,
      })),
    };
  },
};

export const GEMMA3: DecoderArchitecture = {
  className: 'Gemma3ForCausalLM',
  defaults: {
    ...DEFAULTS,
    vocabSize: 262208,
    maxPositionEmbeddings: 131072,
    queryPreAttnScalar: 256,
    slidingWindow: 4096,
  },
  traits: (sizes, fields) => {
    const window = optionalInteger(fields, 'slidingWindow');
    const pattern = optionalInteger(fields, 'slidingWindowPattern') ?? 6;
    const slides = slidingLayers(sizes, fields, (layer) => (layer + 1) % pattern !== 0);
    return {
      ...sharedTraits(sizes, fields),
      ...laterTraits(sizes, fields),
      hasQueryKeyNorm: true,
      ropes: gemma3Ropes(sizes, fields),
      layers: slides.map((isSliding) => ({
        window: isSliding ? window : null,
        rope: isSliding ? 'local' : 'full',
        isSparse: false,
      })),
    };
  },
};

function sharedTraits(sizes: DecoderSizes, fields: Json): Partial<DecoderTraits> {
  return {
    hasOffsetNorms: true,
    embeddingScale: Math.fround(Math.sqrt(sizes.hiddenSize)),
    hasQkvBias: fields['attentionBias'] === true,
    hasOutputBias: fields['attentionBias'] === true,
  };
}

function laterTraits(sizes: DecoderSizes, fields: Json): Partial<DecoderTraits> {
  const number = (key: string): number | null => {
    const value = fields[key];
    return typeof value === 'number' && value > 0 ? value : null;
  };
  return {
    hasPostNorms: true,
    attentionScale: (number('queryPreAttnScalar') ?? sizes.headDim) ** -0.5,
    attentionSoftcap: number('attnLogitSoftcapping'),
    logitSoftcap: number('finalLogitSoftcapping'),
  };
}

/** One rule for each kind of layer, or in older files `ropeTheta` and `ropeLocalBaseFreq`. */
function gemma3Ropes(sizes: DecoderSizes, fields: Json): Record<string, RotaryOptions> {
  const { fullAttention, slidingAttention } = asRecord(camelLayerKeys(fields['ropeParameters']));
  const global = { ropeTheta: fields['ropeTheta'] ?? 1e6, ...asRecord(fields['ropeScaling']) };
  const local = { ropeTheta: fields['ropeLocalBaseFreq'] ?? 10000 };
  return {
    full: readRope(sizes, fields, { ...global, ...asRecord(fullAttention) }),
    local: readRope(sizes, fields, { ...local, ...asRecord(slidingAttention) }),
  };
}

/** `sliding_attention` may have stayed in snake case. */
function camelLayerKeys(value: unknown): Json {
  const record = asRecord(value);
  return {
    fullAttention: record['fullAttention'] ?? record['full_attention'],
    slidingAttention: record['slidingAttention'] ?? record['sliding_attention'],
  };
}
