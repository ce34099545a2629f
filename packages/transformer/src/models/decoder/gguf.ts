// The configuration of Llama's relatives as a GGUF file's metadata: what they share. Each has its own
// file beside its configuration with what llama.cpp makes of it.
import { expectForGguf, float32, type GgufConfig, type GgufEntries } from '../../gguf/entries.ts';
import { defined, type GgufHeader } from '../../gguf/metadata.ts';
import { ropeFromGguf, ropeToGguf } from '../../gguf/rope.ts';
import type { Json } from './architecture.ts';
import type { DecoderConfig, DecoderType } from './config.ts';

export interface DecoderGguf {
  /** `general.architecture`. */
  readonly architecture: string;
  /** Keys beyond the shared ones. Throws ConfigError for what llama.cpp's graph does not do. */
  readonly entries: (config: DecoderConfig) => GgufEntries;
  /** How the file is read; absent where it reads as another model type. */
  readonly read?: {
    readonly modelType: DecoderType;
    /** Whether this is the type, among those of the architecture. */
    readonly isIt?: (header: GgufHeader) => boolean;
    /** Fields of config.json beyond the shared ones. */
    readonly fields: (header: GgufHeader) => Json;
  };
}

export function decoderToGguf(config: DecoderConfig, gguf: DecoderGguf): GgufConfig {
  const { architecture } = gguf;
  const rope = ropeToGguf(config.ropes['full']!);
  expectForGguf(!config.hasOutputBias, architecture, 'attentionBias', 'no bias on the output');
  expectForGguf(!config.hasMlpBias, architecture, 'mlpBias', 'false');
  return {
    architecture,
    entries: {
      context_length: config.maxPositionEmbeddings,
      embedding_length: config.hiddenSize,
      feed_forward_length: config.intermediateSize,
      block_count: config.numHiddenLayers,
      'attention.head_count': config.numAttentionHeads,
      'attention.head_count_kv': config.numKeyValueHeads,
      'attention.key_length': config.headDim,
      'attention.value_length': config.headDim,
      'attention.layer_norm_rms_epsilon': float32(config.rmsNormEps),
      vocab_size: config.vocabSize,
      ...rope.entries,
      ...gguf.entries(config),
    },
    factors: rope.factors,
  };
}

/** The fields of config.json that all of them have. */
export function decoderFieldsFromGguf(header: GgufHeader): Json {
  const hiddenSize = header.number('embedding_length');
  const numAttentionHeads = header.number('attention.head_count');
  const headDim = header.optional('attention.key_length') ?? hiddenSize / numAttentionHeads;
  const turned = header.optional('rope.dimension_count') ?? headDim;
  const partial = turned === headDim ? undefined : turned / headDim;
  return defined<unknown>({
    vocabSize: header.vocabSize(),
    hiddenSize,
    intermediateSize: header.number('feed_forward_length'),
    numHiddenLayers: header.number('block_count'),
    numAttentionHeads,
    numKeyValueHeads: header.optional('attention.head_count_kv') ?? numAttentionHeads,
    headDim,
    maxPositionEmbeddings: header.number('context_length'),
    rmsNormEps: header.number('attention.layer_norm_rms_epsilon'),
    tieWordEmbeddings: !header.tensorNames.has('output.weight'),
    ropeParameters: defined<unknown>({
      ...ropeFromGguf(header, turned),
      partialRotaryFactor: partial,
    }),
    ...header.tokenIds(),
  });
}

/** llama.cpp attends to everything in these architectures: within the window the model's context gives
 *  the same numbers, so the file says no more than that. */
export function contextWithinWindows(config: DecoderConfig): GgufEntries {
  const windows = config.layers.map(({ window }) => window ?? Infinity);
  return { context_length: Math.min(config.maxPositionEmbeddings, ...windows) };
}

/** How many layers apart the ones without a window are; llama.cpp knows no other arrangement. */
export function windowPattern(config: DecoderConfig, architecture: string): number {
  const first = config.layers.findIndex(({ window }) => window === null);
  const pattern = first === -1 ? config.layers.length + 1 : first + 1;
  const isRegular = config.layers.every(
    ({ window }, layer) => (window === null) === ((layer + 1) % pattern === 0),
  );
  expectForGguf(isRegular, architecture, 'layerTypes', 'every n-th layer without a window');
  return pattern;
}

/** Transformers' `layerTypes` of such a pattern. */
export function layerTypesOf(layers: number, pattern: number): string[] {
  return Array.from({ length: layers }, (_, layer) =>
    (layer + 1) % pattern === 0 ? 'full_attention' : 'sliding_attention',
  );
}

export const expertEntries = ({ experts }: DecoderConfig): GgufEntries => ({
  expert_count: experts?.count,
  expert_used_count: experts?.perToken,
});
