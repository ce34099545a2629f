// Mixtral is llama.cpp's Llama with experts.
import { contextWithinWindows, expertEntries, type DecoderGguf } from '../decoder/gguf.ts';

export const MIXTRAL_GGUF: DecoderGguf = {
  architecture: 'llama',
  entries: (config) => ({ ...contextWithinWindows(config), ...expertEntries(config) }),
  read: {
    modelType: 'mixtral',
    isIt: (header) => (header.optional('expert_count') ?? 0) > 0,
    fields: (header) => ({
      numLocalExperts: header.number('expert_count'),
      numExpertsPerTok: header.number('expert_used_count'),
      slidingWindow: null,
    }),
  },
};
