// Llama's configuration as a GGUF file's metadata; biases and tying show in the names of its tensors.
import { float32, type GgufConfig } from '../../gguf/entries.ts';
import { defined, type GgufHeader } from '../../gguf/metadata.ts';
import { ropeFromGguf, ropeToGguf } from '../../gguf/rope.ts';
import { readLlamaConfig, type LlamaConfig } from './config.ts';

export function llamaToGguf(config: LlamaConfig): GgufConfig {
  const { headDim, ropeTheta: theta, ropeScaling: scaling } = config;
  const rope = ropeToGguf({ headDim, theta, scaling });
  return {
    architecture: 'llama',
    entries: {
      context_length: config.maxPositionEmbeddings,
      embedding_length: config.hiddenSize,
      feed_forward_length: config.intermediateSize,
      block_count: config.numHiddenLayers,
      'attention.head_count': config.numAttentionHeads,
      'attention.head_count_kv': config.numKeyValueHeads,
      'attention.key_length': headDim,
      'attention.value_length': headDim,
      'attention.layer_norm_rms_epsilon': float32(config.rmsNormEps),
      vocab_size: config.vocabSize,
      ...rope.entries,
    },
    factors: rope.factors,
  };
}

export function llamaFromGguf(header: GgufHeader): LlamaConfig {
  const hiddenSize = header.number('embedding_length');
  const numAttentionHeads = header.number('attention.head_count');
  const headDim =
    header.optional('attention.key_length') ??
    header.optional('rope.dimension_count') ??
    hiddenSize / numAttentionHeads;
  const { ropeTheta, ...ropeScaling } = ropeFromGguf(header, headDim);
  return readLlamaConfig(
    defined<unknown>({
      vocabSize: header.vocabSize(),
      hiddenSize,
      intermediateSize: header.number('feed_forward_length'),
      numHiddenLayers: header.number('block_count'),
      numAttentionHeads,
      numKeyValueHeads: header.optional('attention.head_count_kv'),
      headDim,
      maxPositionEmbeddings: header.number('context_length'),
      rmsNormEps: header.number('attention.layer_norm_rms_epsilon'),
      ropeTheta,
      ropeScaling,
      attentionBias: header.tensorNames.has('blk.0.attn_q.bias'),
      mlpBias: header.tensorNames.has('blk.0.ffn_up.bias'),
      tieWordEmbeddings: !header.tensorNames.has('output.weight'),
      ...header.tokenIds(),
    }),
  );
}
