// A fresh decoder from a few sizes: `--arch`, `--layers`, `--hidden`, `--heads`. (new-encoder.ts has the
// other families.)
import type { Generator } from '@llm/tensor';
import { createModel, parseConfig } from '@llm/transformer';
import type { CausalLm } from '@llm/transformer';
import type { DecoderArchitecture } from './architectures.ts';

export interface ModelSizes {
  readonly architecture: DecoderArchitecture;
  readonly numLayers: number;
  readonly hiddenSize: number;
  readonly numHeads: number;
  readonly contextLength: number;
}

export interface Vocabulary {
  readonly vocabSize: number;
  readonly eosTokenId?: number;
  readonly bosTokenId?: number;
}

/** 8/3 of the width, as Llama has it, rounded up to a multiple of 32. */
function gatedSize(hiddenSize: number): number {
  return Math.ceil((hiddenSize * 8) / 3 / 32) * 32;
}

function gpt2Json(sizes: ModelSizes, vocabulary: Vocabulary) {
  return {
    model_type: 'gpt2',
    architectures: ['GPT2LMHeadModel'],
    n_layer: sizes.numLayers,
    n_embd: sizes.hiddenSize,
    n_head: sizes.numHeads,
    n_positions: sizes.contextLength,
    resid_pdrop: 0,
    embd_pdrop: 0,
    attn_pdrop: 0,
    vocab_size: vocabulary.vocabSize,
  };
}

function llamaJson(sizes: ModelSizes, vocabulary: Vocabulary) {
  return {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    num_hidden_layers: sizes.numLayers,
    hidden_size: sizes.hiddenSize,
    intermediate_size: gatedSize(sizes.hiddenSize),
    num_attention_heads: sizes.numHeads,
    num_key_value_heads: sizes.numHeads,
    max_position_embeddings: sizes.contextLength,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: true,
    vocab_size: vocabulary.vocabSize,
  };
}

/** A randomly initialised model; the caller disposes it. */
export function newModel(
  sizes: ModelSizes,
  vocabulary: Vocabulary,
  generator: Generator,
): CausalLm {
  const json =
    sizes.architecture === 'gpt2' ? gpt2Json(sizes, vocabulary) : llamaJson(sizes, vocabulary);
  const ids = { bos_token_id: vocabulary.bosTokenId, eos_token_id: vocabulary.eosTokenId };
  return createModel(parseConfig({ ...json, ...ids }), { generator });
}
