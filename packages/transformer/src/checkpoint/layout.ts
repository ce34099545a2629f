// How an architecture's parameters are called and laid out in files. One record per architecture,
// beside its model.
import type { ModelConfig } from '../config/config.ts';
import type { GgufTransform } from '../gguf/transform.ts';
import { decoderLayout } from '../models/decoder/checkpoint.ts';
import { gptNeoxLayout } from '../models/gpt-neox/checkpoint.ts';
import { gpt2Layout } from '../models/gpt2/checkpoint.ts';
import { llamaLayout } from '../models/llama/checkpoint.ts';

export interface CheckpointLayout {
  /** The part of keys that a file of the bare body leaves out, with its dot. */
  readonly bodyPrefix: string;
  /** Parameter path → key in a Hugging Face checkpoint. */
  readonly key: (path: string) => string;
  /** Keys of a Hugging Face checkpoint that hold no parameter, such as mask buffers. */
  readonly isIgnored: (key: string) => boolean;
  /** Whether a Hugging Face checkpoint stores the parameter as [in, out]. */
  readonly isTransposed: (path: string) => boolean;
  /** Parameter path → tensor name in a GGUF file. */
  readonly ggufName: (path: string) => string;
  /** What a GGUF file does to the parameter's values; null for nothing. */
  readonly ggufTransform: (path: string) => GgufTransform | null;
}

export function layoutOf(config: ModelConfig): CheckpointLayout {
  switch (config.modelType) {
    case 'gpt2':
      return gpt2Layout;
    case 'llama':
      return llamaLayout(config);
    case 'gpt_neox':
      return gptNeoxLayout(config);
    default:
      return decoderLayout(config);
  }
}
