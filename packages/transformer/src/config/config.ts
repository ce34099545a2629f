// One record per architecture, told apart by `modelType`; field names are config.json's in camelCase.
import { ConfigError } from '../errors.ts';
import { readGpt2Config, type Gpt2Config } from '../models/gpt2/config.ts';
import { writeGpt2Config } from '../models/gpt2/config.ts';
import { readLlamaConfig, type LlamaConfig } from '../models/llama/config.ts';
import { writeLlamaConfig } from '../models/llama/config.ts';
import { readDecoderConfig } from '../models/decoder/architecture.ts';
import { DECODER_ARCHITECTURES, isDecoderType } from '../models/decoder/architectures.ts';
import type { DecoderConfig, DecoderSizes, DecoderType } from '../models/decoder/config.ts';
import { readGptNeoxConfig, writeGptNeoxConfig } from '../models/gpt-neox/config.ts';
import type { GptNeoxConfig } from '../models/gpt-neox/config.ts';
import { ENCODER_MODEL_TYPES } from '../models/encoder/config.ts';
import { SEQ2SEQ_MODEL_TYPES } from '../models/seq2seq/config.ts';
import { camelKeys, snakeKeys } from './case.ts';
import { configOfGguf, GGUF_ARCHITECTURES } from '../gguf/architectures.ts';
import { GgufHeader, type GgufMetadata, type RopeFactors } from '../gguf/metadata.ts';

export type ModelConfig = Gpt2Config | LlamaConfig | GptNeoxConfig | DecoderConfig;

/** What a user must say: the architecture; every other field has the architecture's own default. */
export type ModelConfigInput =
  | (Partial<Gpt2Config> & { readonly modelType: 'gpt2' })
  | (Partial<LlamaConfig> & { readonly modelType: 'llama' })
  | (Partial<GptNeoxConfig> & { readonly modelType: 'gpt_neox' })
  | (Partial<DecoderSizes> &
      Readonly<Record<string, unknown>> & { readonly modelType: DecoderType });

/** The `model_type`s of decoder-only models. */
export const CAUSAL_MODEL_TYPES: readonly string[] = [
  'gpt2',
  'llama',
  'gpt_neox',
  ...Object.keys(DECODER_ARCHITECTURES),
];

/** Fills in defaults and checks the values. Throws ConfigError. */
export function completeConfig(
  input: ModelConfigInput | Readonly<Record<string, unknown>>,
): ModelConfig {
  const { modelType, ...fields } = input;
  switch (modelType) {
    case 'gpt2':
      return readGpt2Config(fields);
    case 'llama':
      return readLlamaConfig(fields);
    case 'gpt_neox':
      return readGptNeoxConfig(fields);
    default:
      if (isDecoderType(modelType))
        return readDecoderConfig(modelType, DECODER_ARCHITECTURES[modelType], fields);
      throw unknownArchitecture('config: modelType', modelType);
  }
}

/** Reads the parsed content of a config.json. Throws ConfigError. */
export function parseConfig(json: unknown): ModelConfig {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ConfigError(
      `parseConfig: json: expected an object, got ${typeof json}. Parse the file first.`,
    );
  }
  return completeConfig(camelKeys(Object.fromEntries(Object.entries(json))));
}

/** The content of a config.json that Transformers reads. */
export function configToJson(config: ModelConfig): Record<string, unknown> {
  return { ...snakeKeys(recordOf(config)), dtype: 'float32' };
}

function recordOf(config: ModelConfig): Record<string, unknown> {
  switch (config.modelType) {
    case 'gpt2':
      return writeGpt2Config(config);
    case 'llama':
      return writeLlamaConfig(config);
    case 'gpt_neox':
      return writeGptNeoxConfig(config);
    default:
      return { ...config.source, modelType: config.modelType };
  }
}

/** Reads a GGUF file's metadata. Whether embeddings are tied and layers biased shows only in the
 *  names of its tensors; how positions are scaled, in some files only in tensors of factors. Throws
 *  ConfigError. */
export function configFromGguf(
  metadata: GgufMetadata,
  tensorNames: Iterable<string> = [],
  factors: RopeFactors = {},
): ModelConfig {
  const config = configOfGguf(new GgufHeader(metadata, tensorNames, factors));
  if (config !== undefined) return config;
  const architecture = metadata.get('general.architecture');
  throw unknownArchitecture('gguf: general.architecture', architecture, GGUF_ARCHITECTURES);
}

/** Token ids that end a text. */
export function stopTokensOf({ eosTokenId }: ModelConfig): number[] {
  if (eosTokenId === null) return [];
  return typeof eosTokenId === 'number' ? [eosTokenId] : [...eosTokenId];
}

function unknownArchitecture(
  where: string,
  got: unknown,
  known: readonly string[] = CAUSAL_MODEL_TYPES,
): ConfigError {
  return new ConfigError(
    `${where}: expected one of ${known.join(', ')}, got ${JSON.stringify(got)}. ${adviceFor(got)}`,
  );
}

function adviceFor(modelType: unknown): string {
  if (ENCODER_MODEL_TYPES.some((type) => type === modelType)) return 'Use loadEncoder.';
  if (SEQ2SEQ_MODEL_TYPES.some((type) => type === modelType)) return 'Use loadSeq2Seq.';
  return 'This architecture is not there yet.';
}
