// Phi-3 in GGUF files. llama.cpp reads the window and attends to everything all the same.
import type { DecoderGguf } from '../decoder/gguf.ts';

export const PHI3_GGUF: DecoderGguf = {
  architecture: 'phi3',
  entries: (config) => {
    const original = config.source['originalMaxPositionEmbeddings'];
    return {
      'attention.sliding_window': config.layers[0]?.window ?? undefined,
      'rope.scaling.original_context_length': typeof original === 'number' ? original : undefined,
    };
  },
  read: {
    modelType: 'phi3',
    fields: (header) => ({
      slidingWindow: header.optional('attention.sliding_window') ?? null,
      originalMaxPositionEmbeddings:
        header.optional('rope.scaling.original_context_length') ?? header.number('context_length'),
    }),
  },
};
