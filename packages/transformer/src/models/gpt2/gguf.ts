// GPT-2's configuration as a GGUF file's metadata.
import { expectForGguf, float32, type GgufConfig } from '../../gguf/entries.ts';
import type { GgufHeader } from '../../gguf/metadata.ts';
import { readGpt2Config, type Gpt2Config } from './config.ts';

export function gpt2ToGguf(config: Gpt2Config): GgufConfig {
  const { activationFunction, scaleAttnWeights, scaleAttnByInverseLayerIdx } = config;
  const isUsual = scaleAttnWeights && !scaleAttnByInverseLayerIdx;
  expectForGguf(isUsual, 'gpt2', 'scaleAttnWeights', 'attention scaled by 1/√D alone');
  const isGelu = /^gelu(_new|_pytorch_tanh)?$/.test(activationFunction);
  expectForGguf(isGelu, 'gpt2', 'activationFunction', 'gelu');
  return {
    architecture: 'gpt2',
    entries: {
      context_length: config.nPositions,
      embedding_length: config.nEmbd,
      feed_forward_length: config.nInner ?? 4 * config.nEmbd,
      block_count: config.nLayer,
      'attention.head_count': config.nHead,
      'attention.layer_norm_epsilon': float32(config.layerNormEpsilon),
      vocab_size: config.vocabSize,
    },
  };
}

export function gpt2FromGguf(header: GgufHeader): Gpt2Config {
  return readGpt2Config({
    vocabSize: header.vocabSize(),
    nPositions: header.number('context_length'),
    nEmbd: header.number('embedding_length'),
    nLayer: header.number('block_count'),
    nHead: header.number('attention.head_count'),
    nInner: header.number('feed_forward_length'),
    layerNormEpsilon: header.number('attention.layer_norm_epsilon'),
    tieWordEmbeddings: !header.tensorNames.has('output.weight'),
    ...header.tokenIds(),
  });
}
