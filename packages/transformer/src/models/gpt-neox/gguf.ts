// GPT-NeoX's configuration as a GGUF file's metadata.
import { expectForGguf, float32, type GgufConfig } from '../../gguf/entries.ts';
import type { GgufHeader } from '../../gguf/metadata.ts';
import { ropeFromGguf, ropeToGguf } from '../../gguf/rope.ts';
import { gptNeoxRope, readGptNeoxConfig, type GptNeoxConfig } from './config.ts';

const ARCHITECTURE = 'gptneox';

export function gptNeoxToGguf(config: GptNeoxConfig): GgufConfig {
  expectForGguf(!config.tieWordEmbeddings, ARCHITECTURE, 'tieWordEmbeddings', 'false');
  expectForGguf(config.attentionBias, ARCHITECTURE, 'attentionBias', 'true');
  expectForGguf(config.hiddenAct.startsWith('gelu'), ARCHITECTURE, 'hiddenAct', 'gelu');
  const rope = ropeToGguf(gptNeoxRope(config));
  return {
    architecture: ARCHITECTURE,
    entries: {
      context_length: config.maxPositionEmbeddings,
      embedding_length: config.hiddenSize,
      feed_forward_length: config.intermediateSize,
      block_count: config.numHiddenLayers,
      'attention.head_count': config.numAttentionHeads,
      'attention.layer_norm_epsilon': float32(config.layerNormEps),
      use_parallel_residual: config.useParallelResidual,
      vocab_size: config.vocabSize,
      ...rope.entries,
    },
    factors: rope.factors,
  };
}

export function gptNeoxFromGguf(header: GgufHeader): GptNeoxConfig {
  const hiddenSize = header.number('embedding_length');
  const numAttentionHeads = header.number('attention.head_count');
  const turned = header.number('rope.dimension_count');
  return readGptNeoxConfig({
    vocabSize: header.vocabSize(),
    hiddenSize,
    intermediateSize: header.number('feed_forward_length'),
    numHiddenLayers: header.number('block_count'),
    numAttentionHeads,
    maxPositionEmbeddings: header.number('context_length'),
    layerNormEps: header.number('attention.layer_norm_epsilon'),
    useParallelResidual: header.value('use_parallel_residual') !== false,
    tieWordEmbeddings: false,
    ropeParameters: {
      ...ropeFromGguf(header, turned),
      partialRotaryFactor: turned / (hiddenSize / numAttentionHeads),
    },
    ...header.tokenIds(),
  });
}
