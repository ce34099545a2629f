// Llama's relatives by `model_type`.
import { GEMMA, GEMMA2, GEMMA3 } from '../gemma/config.ts';
import { MISTRAL } from '../mistral/config.ts';
import { MIXTRAL } from '../mixtral/config.ts';
import { PHI3 } from '../phi3/config.ts';
import { QWEN2, QWEN3, QWEN3_MOE } from '../qwen/config.ts';
import { SMOLLM3 } from '../smollm3/config.ts';
import type { DecoderArchitecture } from './architecture.ts';
import type { DecoderType } from './config.ts';

export const DECODER_ARCHITECTURES: Readonly<Record<DecoderType, DecoderArchitecture>> = {
  gemma: GEMMA,
  gemma2: GEMMA2,
  gemma3_text: GEMMA3,
  mistral: MISTRAL,
  mixtral: MIXTRAL,
  phi3: PHI3,
  qwen2: QWEN2,
  qwen3: QWEN3,
  qwen3_moe: QWEN3_MOE,
  smollm3: SMOLLM3,
};

export const isDecoderType = (modelType: unknown): modelType is DecoderType =>
  typeof modelType === 'string' && Object.hasOwn(DECODER_ARCHITECTURES, modelType);
