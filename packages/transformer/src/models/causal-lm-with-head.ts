// A decoder's body with the matrix that makes logits of its hidden states: one of its own, or the
// embedding's (tied). What Llama and its relatives have in common beyond their layers.
import type { nn } from '@llm/tensor';
import type { QuantizedWeight, Tensor, Variable } from '@llm/tensor';
import { buildLinear, type BuildOptions } from './build.ts';
import { CausalLm, plainWeight, type ModelShape } from './causal-lm.ts';
import type { ForwardPass } from './forward-pass.ts';

/** Embedding, layers and final norm. */
export interface DecoderBody extends nn.Module {
  readonly embedTokens: nn.Embedding; // [V, C]
  /** ids [..] → [.., C] */
  embed(ids: Tensor): Tensor;
  /** words [B, T, C] → [B, T, C] */
  forward(words: Tensor, pass: ForwardPass): Tensor;
}

interface HeadConfig {
  readonly hiddenSize: number;
  readonly vocabSize: number;
  readonly tieWordEmbeddings: boolean;
  readonly initializerRange: number;
}

export abstract class CausalLmWithHead<Body extends DecoderBody> extends CausalLm {
  readonly shape: ModelShape;
  model: Body;
  lmHead?: nn.Linear; // [V, C]; absent when tied to embedTokens

  constructor(
    model: Body,
    shape: ModelShape,
    { config, build }: { readonly config: HeadConfig; readonly build: BuildOptions },
  ) {
    super();
    this.shape = shape;
    this.model = model;
    if (config.tieWordEmbeddings) return;
    const options = { hasBias: false, std: config.initializerRange };
    this.lmHead = buildLinear([config.hiddenSize, config.vocabSize], options, build);
  }

  embed(ids: Tensor): Tensor {
    return this.model.embed(ids);
  }

  protected override runLayers(words: Tensor, pass: ForwardPass): Tensor {
    return this.model.forward(words, pass);
  }

  logits(hidden: Tensor): Tensor {
    return this.lmHead?.forward(hidden) ?? this.model.embedTokens.project(hidden);
  }

  override outputWeight(): Variable | QuantizedWeight | undefined {
    return plainWeight(this.lmHead ?? this.model.embedTokens);
  }

  override dispose(): void {
    this.model.dispose();
    super.dispose();
  }
}

/** The shape of a model with rotary positions. */
export function rotaryShape(config: {
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
}): ModelShape {
  const { hiddenSize, numHiddenLayers: numLayers, headDim, vocabSize } = config;
  const { numAttentionHeads, numKeyValueHeads } = config;
  const positionLimit = Infinity; // rotary positions go on; quality ends at maxPositionEmbeddings
  const heads = { numAttentionHeads, numKeyValueHeads, headDim };
  return { hiddenSize, numLayers, ...heads, vocabSize, positionLimit };
}
