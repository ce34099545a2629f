// A model's configuration ↔ a GGUF file's metadata, by architecture.
import type { ModelConfig } from '../config/config.ts';
import { readDecoderConfig } from '../models/decoder/architecture.ts';
import { DECODER_ARCHITECTURES } from '../models/decoder/architectures.ts';
import type { DecoderType } from '../models/decoder/config.ts';
import { decoderFieldsFromGguf, decoderToGguf, type DecoderGguf } from '../models/decoder/gguf.ts';
import { GEMMA2_GGUF, GEMMA3_GGUF, GEMMA_GGUF } from '../models/gemma/gguf.ts';
import { gptNeoxFromGguf, gptNeoxToGguf } from '../models/gpt-neox/gguf.ts';
import { gpt2FromGguf, gpt2ToGguf } from '../models/gpt2/gguf.ts';
import { llamaFromGguf, llamaToGguf } from '../models/llama/gguf.ts';
import { MISTRAL_GGUF } from '../models/mistral/gguf.ts';
import { MIXTRAL_GGUF } from '../models/mixtral/gguf.ts';
import { PHI3_GGUF } from '../models/phi3/gguf.ts';
import { QWEN2_GGUF, QWEN3_GGUF, QWEN3_MOE_GGUF } from '../models/qwen/gguf.ts';
import { SMOLLM3_GGUF } from '../models/smollm3/gguf.ts';
import type { GgufConfig } from './entries.ts';
import type { GgufHeader } from './metadata.ts';

const DECODERS: Readonly<Record<DecoderType, DecoderGguf>> = {
  gemma: GEMMA_GGUF,
  gemma2: GEMMA2_GGUF,
  gemma3_text: GEMMA3_GGUF,
  mistral: MISTRAL_GGUF,
  mixtral: MIXTRAL_GGUF,
  phi3: PHI3_GGUF,
  qwen2: QWEN2_GGUF,
  qwen3: QWEN3_GGUF,
  qwen3_moe: QWEN3_MOE_GGUF,
  smollm3: SMOLLM3_GGUF,
};

/** The values of `general.architecture` that are known. */
export const GGUF_ARCHITECTURES: readonly string[] = [
  ...new Set(['gpt2', 'llama', 'gptneox', ...Object.values(DECODERS).map((d) => d.architecture)]),
];

/** Keys and extra tensors of a configuration. Throws ConfigError for what llama.cpp's graph of the
 *  architecture does not do. */
export function configToGguf(config: ModelConfig): GgufConfig {
  switch (config.modelType) {
    case 'gpt2':
      return gpt2ToGguf(config);
    case 'llama':
      return llamaToGguf(config);
    case 'gpt_neox':
      return gptNeoxToGguf(config);
    default:
      return decoderToGguf(config, DECODERS[config.modelType]);
  }
}

/** The configuration in a file of a known architecture, undefined for another. Throws ConfigError. */
export function configOfGguf(header: GgufHeader): ModelConfig | undefined {
  const { architecture } = header;
  if (architecture === 'gpt2') return gpt2FromGguf(header);
  if (architecture === 'gptneox') return gptNeoxFromGguf(header);
  for (const gguf of Object.values(DECODERS)) {
    const isIt = gguf.read?.isIt ?? (() => true);
    if (gguf.architecture !== architecture || gguf.read === undefined || !isIt(header)) continue;
    const { modelType, fields } = gguf.read;
    const input = { ...decoderFieldsFromGguf(header), ...fields(header) };
    return readDecoderConfig(modelType, DECODER_ARCHITECTURES[modelType], input);
  }
  return architecture === 'llama' ? llamaFromGguf(header) : undefined;
}
