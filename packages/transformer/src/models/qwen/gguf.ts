// Qwen2, Qwen3 and its mixtures of experts in GGUF files.
import { expectForGguf } from '../../gguf/entries.ts';
import { contextWithinWindows, expertEntries, type DecoderGguf } from '../decoder/gguf.ts';

export const QWEN2_GGUF: DecoderGguf = {
  architecture: 'qwen2',
  entries: contextWithinWindows,
  read: { modelType: 'qwen2', fields: () => ({ useSlidingWindow: false }) },
};

export const QWEN3_GGUF: DecoderGguf = {
  architecture: 'qwen3',
  entries: (config) => {
    expectForGguf(!config.hasQkvBias, 'qwen3', 'attentionBias', 'false');
    return contextWithinWindows(config);
  },
  read: { modelType: 'qwen3', fields: () => ({ useSlidingWindow: false }) },
};

export const QWEN3_MOE_GGUF: DecoderGguf = {
  architecture: 'qwen3moe',
  entries: (config) => {
    const { experts, layers } = config;
    expectForGguf(!config.hasQkvBias, 'qwen3moe', 'attentionBias', 'false');
    expectForGguf(experts?.isNormalized === true, 'qwen3moe', 'normTopkProb', 'true');
    const isSparse = layers.every((layer) => layer.isSparse);
    expectForGguf(isSparse, 'qwen3moe', 'mlpOnlyLayers', 'experts in every layer');
    return {
      ...contextWithinWindows(config),
      ...expertEntries(config),
      expert_feed_forward_length: experts?.intermediateSize,
    };
  },
  read: {
    modelType: 'qwen3_moe',
    fields: (header) => ({
      numExperts: header.number('expert_count'),
      numExpertsPerTok: header.number('expert_used_count'),
      moeIntermediateSize: header.number('expert_feed_forward_length'),
      normTopkProb: true,
      useSlidingWindow: false,
    }),
  },
};
