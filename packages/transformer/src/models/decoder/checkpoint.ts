// Names of the parameters of Llama's relatives in files. Hugging Face's keys are the paths in
// snake_case; GGUF's are llama.cpp's.
import { nn } from '@llm/tensor';
import { interleavedRows } from '../../gguf/interleaved-rows.ts';
import { ggufNameBy } from '../../gguf/names.ts';
import { OFFSET_BY_ONE, type GgufTransform } from '../../gguf/transform.ts';
import type { CheckpointLayout } from '../../checkpoint/layout.ts';
import type { DecoderConfig } from './config.ts';

const GGUF_NAMES = {
  'model.embedTokens': 'token_embd',
  'model.layers.{i}.inputLayernorm': 'blk.{i}.attn_norm',
  'model.layers.{i}.selfAttn.qProj': 'blk.{i}.attn_q',
  'model.layers.{i}.selfAttn.kProj': 'blk.{i}.attn_k',
  'model.layers.{i}.selfAttn.vProj': 'blk.{i}.attn_v',
  'model.layers.{i}.selfAttn.qkvProj': 'blk.{i}.attn_qkv',
  'model.layers.{i}.selfAttn.oProj': 'blk.{i}.attn_output',
  'model.layers.{i}.selfAttn.qNorm': 'blk.{i}.attn_q_norm',
  'model.layers.{i}.selfAttn.kNorm': 'blk.{i}.attn_k_norm',
  'model.layers.{i}.postAttentionLayernorm': 'blk.{i}.ffn_norm',
  'model.layers.{i}.mlp.gateProj': 'blk.{i}.ffn_gate',
  'model.layers.{i}.mlp.upProj': 'blk.{i}.ffn_up',
  'model.layers.{i}.mlp.gateUpProj': 'blk.{i}.ffn_up',
  'model.layers.{i}.mlp.downProj': 'blk.{i}.ffn_down',
  'model.layers.{i}.mlp.gate': 'blk.{i}.ffn_gate_inp',
  'model.layers.{i}.mlp.experts.{e}.gateProj': 'blk.{i}.ffn_gate.{e}',
  'model.layers.{i}.mlp.experts.{e}.upProj': 'blk.{i}.ffn_up.{e}',
  'model.layers.{i}.mlp.experts.{e}.downProj': 'blk.{i}.ffn_down.{e}',
  'model.norm': 'output_norm',
  lmHead: 'output',
} as const;

const POST_NORM_NAMES = {
  ...GGUF_NAMES,
  'model.layers.{i}.postAttentionLayernorm': 'blk.{i}.post_attention_norm',
  'model.layers.{i}.preFeedforwardLayernorm': 'blk.{i}.ffn_norm',
  'model.layers.{i}.postFeedforwardLayernorm': 'blk.{i}.post_ffw_norm',
} as const;

const EXPERT = /\.experts\.(\d+)\./;

const MIXTRAL_NAMES: Readonly<Record<string, string>> = {
  gate_proj: 'w1',
  down_proj: 'w2',
  up_proj: 'w3',
};

/** Mixtral's files call its MLP a block and number the matrices of an expert. */
const mixtralKey = (key: string): string =>
  key
    .replace('.mlp.', '.block_sparse_moe.')
    .replace(/(\.experts\.\d+\.)(\w+)/, (_, start: string, name: string) => {
      return start + MIXTRAL_NAMES[name];
    });

export function decoderLayout(config: DecoderConfig): CheckpointLayout {
  const { modelType, tieWordEmbeddings, hasPostNorms } = config;
  const names = hasPostNorms ? POST_NORM_NAMES : GGUF_NAMES;
  return {
    bodyPrefix: 'model.',
    key: (path) => {
      const key = nn.toSnakePath(path);
      return modelType === 'mixtral' ? mixtralKey(key) : key;
    },
    isIgnored: (key) =>
      key.endsWith('rotary_emb.inv_freq') || (tieWordEmbeddings && key === 'lm_head.weight'),
    isTransposed: () => false,
    ggufName: (path) => {
      const expert = EXPERT.exec(path)?.[1] ?? '';
      return ggufNameBy(names, path.replace(EXPERT, '.experts.{e}.')).replace('{e}', expert);
    },
    ggufTransform: (path) => transformOf(config, path),
  };
}

/** Types whose heads llama.cpp turns in neighbouring pairs. */
const INTERLEAVED: readonly string[] = ['mistral', 'mixtral', 'smollm3'];

function transformOf(config: DecoderConfig, path: string): GgufTransform | null {
  if (config.hasOffsetNorms && /norm\.weight$/i.test(path)) return OFFSET_BY_ONE;
  if (!INTERLEAVED.includes(config.modelType)) return null;
  if (path.includes('.qProj.')) return interleavedRows(config.numAttentionHeads);
  return path.includes('.kProj.') ? interleavedRows(config.numKeyValueHeads) : null;
}
