// A model's shape from the metadata of a GGUF header (keys as in ggml's GGUF specification). Numbers may be numbers
// or bigints. Whether the output head is tied stands in the tensor list, not in the metadata: pass the names.

import { ConfigError } from './errors.ts';
import type { ModelShape } from './model-shape.ts';
import { parseWeightType, type WeightType } from './weight-types.ts';

type Metadata = ReadonlyMap<string, unknown>;

export interface GgufHeaderOptions {
  /** The file's tensor names; the head is tied when `output.weight` is not among them. @default tied */
  readonly tensorNames?: Iterable<string>;
}

type Traits = Partial<Omit<ModelShape, 'experts'>>;

/** GPT-2 and GPT-NeoX: LayerNorms, biases everywhere, one matrix up. */
const PLAIN: Traits = { family: 'gpt2', hasQkvBias: true, hasOutputBias: true, hasMlpBias: true };

/** `general.architecture`, and how a model of it is unlike a Llama. Mistral and Mixtral are `llama`. */
const ARCHITECTURES: Readonly<Record<string, Traits>> = {
  llama: {},
  gpt2: PLAIN,
  gptneox: { ...PLAIN, hasPositionTable: false },
  qwen2: { hasQkvBias: true },
  qwen3: { hasQkNorm: true },
  qwen3moe: { hasQkNorm: true },
  phi3: {},
  smollm3: {},
  gemma: {},
  gemma2: { normsPerLayer: 4 },
  gemma3: { normsPerLayer: 4, hasQkNorm: true },
};

/** llama.cpp's `general.file_type` numbers: the type of most matrices. */
const FILE_TYPES: Readonly<Record<number, string>> = {
  ...{ 0: 'F32', 1: 'F16', 2: 'Q4_0', 3: 'Q4_1', 7: 'Q8_0', 8: 'Q5_0', 9: 'Q5_1', 10: 'Q2_K' },
  ...{ 11: 'Q3_K_S', 12: 'Q3_K_M', 13: 'Q3_K_L', 14: 'Q4_K_S', 15: 'Q4_K_M', 16: 'Q5_K_S' },
  ...{ 17: 'Q5_K_M', 18: 'Q6_K', 25: 'IQ4_NL', 30: 'IQ4_XS', 32: 'BF16', 38: 'MXFP4' },
};

/** Throws ConfigError for an architecture or a value that it cannot count. */
export function configFromGgufHeader(
  metadata: Metadata,
  options: GgufHeaderOptions = {},
): ModelShape {
  const architecture = String(metadata.get('general.architecture'));
  if (!Object.hasOwn(ARCHITECTURES, architecture)) {
    const known = Object.keys(ARCHITECTURES).join(', ');
    throw headerError('general.architecture', `one of ${known}`, architecture);
  }
  const names = options.tensorNames && new Set(options.tensorNames);
  return {
    ...sizes(metadata, architecture),
    tieWordEmbeddings: !names?.has('output.weight'),
    ...{ family: 'llama', hasQkvBias: false, hasOutputBias: false, hasMlpBias: false },
    ...{ hasQkNorm: false, normsPerLayer: 2 },
    ...ARCHITECTURES[architecture],
  };
}

/** The type of most matrices, from `general.file_type`; undefined when the header does not say. */
export function weightTypeFromGgufHeader(metadata: Metadata): WeightType | undefined {
  const name = FILE_TYPES[Number(metadata.get('general.file_type'))];
  return name === undefined ? undefined : parseWeightType(name);
}

function sizes(metadata: Metadata, architecture: string) {
  const read = (key: string, fallback?: number) =>
    positive(metadata, `${architecture}.${key}`, fallback);
  const hiddenSize = read('embedding_length');
  const numAttentionHeads = read('attention.head_count');
  const isMixture = metadata.has(`${architecture}.expert_count`);
  return {
    vocabSize: read('vocab_size', tokenCount(metadata)),
    hiddenSize,
    intermediateSize: isMixture
      ? read(
          'expert_feed_forward_length',
          optional(metadata, `${architecture}.feed_forward_length`),
        )
      : read('feed_forward_length'),
    ...(isMixture && {
      experts: { count: read('expert_count'), usedPerToken: read('expert_used_count') },
    }),
    numHiddenLayers: read('block_count'),
    numAttentionHeads,
    numKeyValueHeads: read('attention.head_count_kv', numAttentionHeads),
    headDim: read('attention.key_length', hiddenSize / numAttentionHeads),
    maxPositionEmbeddings: read('context_length'),
  };
}

function tokenCount(metadata: Metadata): number | undefined {
  const tokens = metadata.get('tokenizer.ggml.tokens');
  return Array.isArray(tokens) ? tokens.length : undefined;
}

const optional = (metadata: Metadata, key: string): number | undefined =>
  metadata.has(key) ? positive(metadata, key) : undefined;

function positive(metadata: Metadata, key: string, fallback?: number): number {
  const raw = metadata.get(key) ?? fallback;
  const value = typeof raw === 'bigint' ? Number(raw) : raw;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw headerError(key, 'a positive integer', Array.isArray(raw) ? 'an array' : String(raw));
}

function headerError(key: string, expected: string, got: string): ConfigError {
  return new ConfigError(
    `configFromGgufHeader: ${key}: expected ${expected}, got ${got}. The file may be damaged or of an unsupported model.`,
  );
}
