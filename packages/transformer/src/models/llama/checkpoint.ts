// Names of Llama's parameters in files. Hugging Face's keys are the paths in snake_case; GGUF's come
// from llama.cpp's converter, which also interleaves the rows of q and k.
import { nn } from '@llm/tensor';
import { interleavedRows } from '../../gguf/interleaved-rows.ts';
import { ggufNameBy } from '../../gguf/names.ts';
import type { CheckpointLayout } from '../../checkpoint/layout.ts';
import type { LlamaConfig } from './config.ts';

const GGUF_NAMES = {
  'model.embedTokens': 'token_embd',
  'model.layers.{i}.inputLayernorm': 'blk.{i}.attn_norm',
  'model.layers.{i}.selfAttn.qProj': 'blk.{i}.attn_q',
  'model.layers.{i}.selfAttn.kProj': 'blk.{i}.attn_k',
  'model.layers.{i}.selfAttn.vProj': 'blk.{i}.attn_v',
  'model.layers.{i}.selfAttn.oProj': 'blk.{i}.attn_output',
  'model.layers.{i}.postAttentionLayernorm': 'blk.{i}.ffn_norm',
  'model.layers.{i}.mlp.gateProj': 'blk.{i}.ffn_gate',
  'model.layers.{i}.mlp.upProj': 'blk.{i}.ffn_up',
  'model.layers.{i}.mlp.downProj': 'blk.{i}.ffn_down',
  'model.norm': 'output_norm',
  lmHead: 'output',
} as const;

export function llamaLayout(config: LlamaConfig): CheckpointLayout {
  const { numAttentionHeads, numKeyValueHeads, tieWordEmbeddings } = config;
  return {
    bodyPrefix: 'model.',
    key: nn.toSnakePath,
    isIgnored: (key) =>
      key.endsWith('rotary_emb.inv_freq') || (tieWordEmbeddings && key === 'lm_head.weight'),
    isTransposed: () => false,
    ggufName: (path) => ggufNameBy(GGUF_NAMES, path),
    ggufTransform: (path) => {
      if (path.includes('.qProj.')) return interleavedRows(numAttentionHeads);
      return path.includes('.kProj.') ? interleavedRows(numKeyValueHeads) : null;
    },
  };
}
