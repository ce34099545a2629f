// Names of GPT-NeoX's parameters in files: Hugging Face's are the paths in snake_case.
import { nn } from '@llm/tensor';
import { ggufNameBy } from '../../gguf/names.ts';
import { separatedQkv } from '../../gguf/transform.ts';
import type { CheckpointLayout } from '../../checkpoint/layout.ts';
import type { GptNeoxConfig } from './config.ts';

const GGUF_NAMES = {
  'gptNeox.embedIn': 'token_embd',
  'gptNeox.layers.{i}.inputLayernorm': 'blk.{i}.attn_norm',
  'gptNeox.layers.{i}.postAttentionLayernorm': 'blk.{i}.ffn_norm',
  'gptNeox.layers.{i}.attention.queryKeyValue': 'blk.{i}.attn_qkv',
  'gptNeox.layers.{i}.attention.dense': 'blk.{i}.attn_output',
  'gptNeox.layers.{i}.mlp.denseHTo_4h': 'blk.{i}.ffn_up',
  'gptNeox.layers.{i}.mlp.dense_4hToH': 'blk.{i}.ffn_down',
  'gptNeox.finalLayerNorm': 'output_norm',
  embedOut: 'output',
} as const;

const BUFFER = /\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)$/; // of old checkpoints

export function gptNeoxLayout({ numAttentionHeads }: GptNeoxConfig): CheckpointLayout {
  return {
    bodyPrefix: 'gpt_neox.',
    key: nn.toSnakePath,
    isIgnored: (key) => BUFFER.test(key),
    isTransposed: () => false,
    ggufName: (path) => ggufNameBy(GGUF_NAMES, path),
    ggufTransform: (path) =>
      path.includes('.queryKeyValue.') ? separatedQkv(numAttentionHeads) : null,
  };
}
