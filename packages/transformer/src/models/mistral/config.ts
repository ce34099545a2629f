// Mistral (Jiang et al. 2023): Llama with a sliding window in every layer. Mixtral (Jiang et al. 2024)
// has a mixture of experts in the place of its MLP.
import { optionalInteger, type DecoderArchitecture } from '../decoder/architecture.ts';

export const MISTRAL: DecoderArchitecture = {
  className: 'MistralForCausalLM',
  defaults: { numKeyValueHeads: 8, slidingWindow: 4096 },
  traits: ({ numHiddenLayers }, fields) => {
    const window = optionalInteger(fields, 'slidingWindow');
    const layer = { window, rope: 'full', isSparse: false };
    return { layers: Array.from({ length: numHiddenLayers }, () => layer) };
  },
};
