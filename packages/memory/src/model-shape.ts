// The sizes of a decoder-only transformer that memory depends on, read from a `config.json` of the
// GPT-2 family (also GPT-NeoX) or the Llama family (Llama, Mistral, Mixtral, Qwen 2 and 3 and its mixture of
// experts, SmolLM3, Phi-3, Gemma 1 to 3). Keys may be written as in the file (`hidden_size`) or in camelCase
// (`hiddenSize`). Defaults are those of Transformers' config classes.
// Left out on purpose: sliding windows (every layer is counted as full attention).

import { ConfigError } from './errors.ts';

/** What memory formulas know of a model. Letters: C hidden, H heads, K kv heads, D head dim, F MLP, V vocabulary. */
export interface ModelShape {
  readonly family: 'gpt2' | 'llama';
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly maxPositionEmbeddings: number;
  readonly tieWordEmbeddings: boolean;
  readonly hasQkvBias: boolean;
  readonly hasOutputBias: boolean;
  readonly hasMlpBias: boolean;
  readonly hasQkNorm: boolean;
  /** RMSNorms or LayerNorms in each layer, those of queries and keys apart. @default 2 */
  readonly normsPerLayer?: number;
  /** Learned positions have a table. @default true for the GPT-2 family */
  readonly hasPositionTable?: boolean;
  /** E feed-forward networks in each layer, of which each token uses some; a router chooses. */
  readonly experts?: { readonly count: number; readonly usedPerToken: number };
  /** Set when only a count was known (`7B`): weights use it, the sizes above are those of a similar model. */
  readonly nominalParameters?: number;
}

/** A parsed config.json, snake_case or camelCase. */
export type ConfigJson = Readonly<Record<string, unknown>>;

const LLAMA_LIKE = [
  'llama',
  'mistral',
  'mixtral',
  'qwen2',
  'qwen3',
  'qwen3_moe',
  'smollm3',
  'phi3',
  'gemma',
  'gemma2',
  'gemma3_text',
];

const TIED_BY_DEFAULT = ['smollm3', 'gemma', 'gemma2', 'gemma3_text'];
const WITH_QK_NORM = ['qwen3', 'qwen3_moe', 'gemma3_text'];
/** Where the default is not C ÷ H. */
const HEAD_DIMS: Readonly<Record<string, number>> = {
  gemma: 256,
  gemma2: 256,
  gemma3_text: 256,
  qwen3_moe: 128,
};
const WITH_POST_NORMS = ['gemma2', 'gemma3_text'];

/** Reads a config.json value (or returns a shape unchanged). Throws ConfigError on an unknown family or a bad size. */
export function shapeFromConfig(config: ConfigJson | ModelShape): ModelShape {
  if (isModelShape(config)) return config;
  const modelType = lookUp(config, 'model_type');
  if (modelType === 'gpt2') return gpt2Shape(config);
  if (modelType === 'gpt_neox') return gptNeoxShape(config);
  if (LLAMA_LIKE.includes(String(modelType))) return llamaShape(config, String(modelType));
  throw new ConfigError(
    `shapeFromConfig: model_type: expected gpt2, gpt_neox, ${LLAMA_LIKE.join(', ')}, got ${String(modelType)}. ` +
      'Give a parameter count such as "7B" instead.',
  );
}

function isModelShape(config: ConfigJson | ModelShape): config is ModelShape {
  return 'family' in config && 'headDim' in config;
}

function gpt2Shape(config: ConfigJson): ModelShape {
  const hiddenSize = size(config, 'n_embd', 768);
  const heads = size(config, 'n_head', 12);
  return {
    family: 'gpt2',
    vocabSize: size(config, 'vocab_size', 50257),
    hiddenSize,
    intermediateSize: size(config, 'n_inner', 4 * hiddenSize),
    numHiddenLayers: size(config, 'n_layer', 12),
    numAttentionHeads: heads,
    numKeyValueHeads: heads,
    headDim: wholeQuotient(hiddenSize, heads),
    maxPositionEmbeddings: size(config, 'n_positions', 1024),
    tieWordEmbeddings: flag(config, 'tie_word_embeddings', true),
    hasQkvBias: true,
    hasOutputBias: true,
    hasMlpBias: true,
    hasQkNorm: false,
  };
}

function gptNeoxShape(config: ConfigJson): ModelShape {
  const hiddenSize = size(config, 'hidden_size', 6144);
  const heads = size(config, 'num_attention_heads', 64);
  const hasAttentionBias = flag(config, 'attention_bias', true);
  return {
    family: 'gpt2',
    vocabSize: size(config, 'vocab_size', 50432),
    hiddenSize,
    intermediateSize: size(config, 'intermediate_size', 24576),
    numHiddenLayers: size(config, 'num_hidden_layers', 44),
    numAttentionHeads: heads,
    numKeyValueHeads: heads,
    headDim: wholeQuotient(hiddenSize, heads, 'num_attention_heads'),
    maxPositionEmbeddings: size(config, 'max_position_embeddings', 2048),
    tieWordEmbeddings: flag(config, 'tie_word_embeddings', false),
    hasQkvBias: hasAttentionBias,
    hasOutputBias: hasAttentionBias,
    hasMlpBias: true,
    hasQkNorm: false,
    hasPositionTable: false,
  };
}

function llamaShape(config: ConfigJson, modelType: string): ModelShape {
  const hiddenSize = size(config, 'hidden_size');
  const heads = size(config, 'num_attention_heads');
  const hasAttentionBias = flag(config, 'attention_bias', false);
  return {
    family: 'llama',
    vocabSize: size(config, 'vocab_size'),
    hiddenSize,
    ...feedForward(config, modelType),
    numHiddenLayers: size(config, 'num_hidden_layers'),
    numAttentionHeads: heads,
    numKeyValueHeads: size(config, 'num_key_value_heads', heads),
    headDim: size(config, 'head_dim', HEAD_DIMS[modelType] ?? hiddenSize / heads),
    maxPositionEmbeddings: size(config, 'max_position_embeddings', 2048),
    tieWordEmbeddings: flag(config, 'tie_word_embeddings', TIED_BY_DEFAULT.includes(modelType)),
    hasQkvBias: hasAttentionBias || modelType === 'qwen2',
    hasOutputBias: hasAttentionBias,
    hasMlpBias: flag(config, 'mlp_bias', false),
    hasQkNorm: WITH_QK_NORM.includes(modelType),
    normsPerLayer: WITH_POST_NORMS.includes(modelType) ? 4 : 2,
  };
}

/** F, and the experts of a mixture, which name both in their own way. */
function feedForward(
  config: ConfigJson,
  modelType: string,
): Pick<ModelShape, 'intermediateSize' | 'experts'> {
  const isQwen = modelType === 'qwen3_moe';
  if (!isQwen && modelType !== 'mixtral')
    return { intermediateSize: size(config, 'intermediate_size') };
  return {
    intermediateSize: size(config, isQwen ? 'moe_intermediate_size' : 'intermediate_size'),
    experts: {
      count: size(config, isQwen ? 'num_experts' : 'num_local_experts', isQwen ? 128 : 8),
      usedPerToken: size(config, 'num_experts_per_tok', isQwen ? 8 : 2),
    },
  };
}

function lookUp(config: ConfigJson, key: string): unknown {
  const camel = key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return config[key] ?? config[camel];
}

function size(config: ConfigJson, key: string, fallback?: number): number {
  const value = lookUp(config, key) ?? fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new ConfigError(
    `shapeFromConfig: ${key}: expected a positive integer, got ${String(value)}. Correct config.json.`,
  );
}

function flag(config: ConfigJson, key: string, fallback: boolean): boolean {
  const value = lookUp(config, key) ?? fallback;
  if (typeof value === 'boolean') return value;
  throw new ConfigError(`shapeFromConfig: ${key}: expected true or false, got ${String(value)}.`);
}

function wholeQuotient(hiddenSize: number, heads: number, key = 'n_head'): number {
  if (hiddenSize % heads === 0) return hiddenSize / heads;
  throw new ConfigError(
    `shapeFromConfig: ${key}: expected a divisor of the width ${hiddenSize}, got ${heads}. Correct config.json.`,
  );
}
