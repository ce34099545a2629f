// Names of T5's parameters in Hugging Face files.
import { isGated } from './model.ts';
import type { Seq2SeqConfig } from '../seq2seq/config.ts';

const LAYER = /^(encoder|decoder)\.layers\.(\d+)\.(\w+)\.?(.*)\.weight$/;

/** Parameter path → key. */
export function t5Key(config: Seq2SeqConfig, path: string): string {
  const match = LAYER.exec(path);
  if (match === null) {
    return path
      .replace('lmHead', 'lm_head')
      .replace(/coder\.norm/, 'coder.final_layer_norm')
      .replace('.relativeBias', '.block.0.layer.0.SelfAttention.relative_attention_bias');
  }
  const [, side, index, part = '', name = ''] = match;
  const mlpIndex = side === 'decoder' ? 2 : 1;
  const sublayer = part.startsWith('selfAttn') ? 0 : part.startsWith('crossAttn') ? 1 : mlpIndex;
  const start = `${side}.block.${index}.layer.${sublayer}`;
  if (part.endsWith('Norm')) return `${start}.layer_norm.weight`;
  return `${start}.${BLOCKS[part]}.${matrixName(name, isGated(config))}.weight`;
}

const BLOCKS: Readonly<Record<string, string>> = {
  selfAttn: 'SelfAttention',
  crossAttn: 'EncDecAttention',
  mlp: 'DenseReluDense',
};

function matrixName(name: string, hasGate: boolean): string | undefined {
  const names: Readonly<Record<string, string>> = {
    qProj: 'q',
    kProj: 'k',
    vProj: 'v',
    outProj: 'o',
    fc1: hasGate ? 'wi_0' : 'wi',
    fc2: 'wo',
    gateProj: 'wi_0',
    upProj: 'wi_1',
    downProj: 'wo',
  };
  return names[name];
}

/** Copies of the shared table. */
export const isIgnoredByT5 = (key: string): boolean =>
  /(^|\.)(embed_tokens|lm_head)\.weight$/.test(key) ||
  key.includes('EncDecAttention.relative_attention_bias');
