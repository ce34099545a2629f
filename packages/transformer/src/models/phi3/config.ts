// Phi-3 (Abdin et al. 2024): Llama with queries, keys and values in one matrix, gate and up in another,
// and a longer context by LongRoPE; Phi-4-mini turns only a part of each head.
import { optionalInteger, type DecoderArchitecture } from '../decoder/architecture.ts';

export const PHI3: DecoderArchitecture = {
  className: 'Phi3ForCausalLM',
  defaults: {
    vocabSize: 32064,
    hiddenSize: 3072,
    intermediateSize: 8192,
    maxPositionEmbeddings: 4096,
    originalMaxPositionEmbeddings: 4096,
    rmsNormEps: 1e-5,
    bosTokenId: 1,
    eosTokenId: 32000,
    padTokenId: 32000,
  },
  traits: ({ numHiddenLayers }, fields) => {
    const window = optionalInteger(fields, 'slidingWindow');
    const layer = { window, rope: 'full', isSparse: false };
    return {
      hasFusedProjections: true,
      layers: Array.from({ length: numHiddenLayers }, () => layer),
    };
  },
};
