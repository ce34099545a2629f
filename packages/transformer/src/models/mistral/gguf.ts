// Mistral is llama.cpp's Llama.
import { contextWithinWindows, type DecoderGguf } from '../decoder/gguf.ts';

export const MISTRAL_GGUF: DecoderGguf = {
  architecture: 'llama',
  entries: contextWithinWindows, // read as Llama, which it then is
};
