// Names of GPT-2's parameters in files. Hugging Face's keys are the paths in snake_case, and its Conv1D
// weights are stored as [in, out]; GGUF's names and layout come from llama.cpp's converter.
import { nn } from '@llm/tensor';
import { ggufNameBy } from '../../gguf/names.ts';
import type { CheckpointLayout } from '../../checkpoint/layout.ts';

const GGUF_NAMES = {
  'transformer.wte': 'token_embd',
  'transformer.wpe': 'position_embd',
  'transformer.h.{i}.ln_1': 'blk.{i}.attn_norm',
  'transformer.h.{i}.attn.cAttn': 'blk.{i}.attn_qkv',
  'transformer.h.{i}.attn.cProj': 'blk.{i}.attn_output',
  'transformer.h.{i}.ln_2': 'blk.{i}.ffn_norm',
  'transformer.h.{i}.mlp.cFc': 'blk.{i}.ffn_up',
  'transformer.h.{i}.mlp.cProj': 'blk.{i}.ffn_down',
  'transformer.lnF': 'output_norm',
  lmHead: 'output',
} as const;

const CONV1D = /\.(cAttn|cProj|cFc)\.weight$/;
const BUFFER = /\.attn\.(bias|masked_bias)$/; // causal masks of old checkpoints

export const gpt2Layout: CheckpointLayout = {
  bodyPrefix: 'transformer.',
  key: nn.toSnakePath,
  isIgnored: (key) => BUFFER.test(key) || key === 'lm_head.weight',
  isTransposed: (path) => CONV1D.test(path),
  ggufName: (path) => ggufNameBy(GGUF_NAMES, path),
  ggufTransform: () => null,
};
