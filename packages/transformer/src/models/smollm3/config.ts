// SmolLM3 (Hugging Face 2025): Llama in which every fourth layer has no positions at all.
import {
  optionalInteger,
  slidingLayers,
  type DecoderArchitecture,
} from '../decoder/architecture.ts';

export const SMOLLM3: DecoderArchitecture = {
  className: 'SmolLM3ForCausalLM',
  defaults: {
    vocabSize: 128256,
    hiddenSize: 2048,
    intermediateSize: 11008,
    numHiddenLayers: 36,
    numAttentionHeads: 16,
    numKeyValueHeads: 4,
    ropeTheta: 2e6,
    noRopeLayerInterval: 4,
    tieWordEmbeddings: true,
  },
  traits: (sizes, fields) => {
    const interval = optionalInteger(fields, 'noRopeLayerInterval') ?? 4;
    const listed: unknown = fields['noRopeLayers']; // 1 where the layer turns, despite the name
    const turns = (layer: number): boolean =>
      Array.isArray(listed) ? listed[layer] === 1 : (layer + 1) % interval !== 0;
    const isUsed = fields['useSlidingWindow'] === true;
    const window = isUsed ? optionalInteger(fields, 'slidingWindow') : null;
    const slides = slidingLayers(sizes, fields, (layer) => !turns(layer));
    return {
      hasQkvBias: fields['attentionBias'] === true,
      hasOutputBias: fields['attentionBias'] === true,
      hasMlpBias: fields['mlpBias'] === true,
      layers: slides.map((isSliding, layer) => ({
        window: isSliding ? window : null,
        rope: turns(layer) ? 'full' : null,
        isSparse: false,
      })),
    };
  },
};
