// Mixtral (Jiang et al. 2024): Mistral with a mixture of experts in the place of its MLP.
import { optionalInteger, type DecoderArchitecture } from '../decoder/architecture.ts';

export const MIXTRAL: DecoderArchitecture = {
  className: 'MixtralForCausalLM',
  defaults: {
    numKeyValueHeads: 8,
    rmsNormEps: 1e-5,
    ropeTheta: 1e6,
    slidingWindow: null,
    numLocalExperts: 8,
    numExpertsPerTok: 2,
  },
  traits: ({ numHiddenLayers, intermediateSize }, fields) => {
    const window = optionalInteger(fields, 'slidingWindow');
    const layer = { window, rope: 'full', isSparse: true };
    return {
      layers: Array.from({ length: numHiddenLayers }, () => layer),
      experts: {
        count: optionalInteger(fields, 'numLocalExperts') ?? 8,
        perToken: optionalInteger(fields, 'numExpertsPerTok') ?? 2,
        intermediateSize,
        isNormalized: true,
      },
    };
  },
};
