// A decoder's body with the matrix that makes logits of its hidden states: one of its own, or the
// embedding's (tied). What Llama and its relatives have in common beyond their layers.
import type { nn } from '@llm/tensor';
import { scope, type QuantizedWeight, type Tensor, type Variable } from '@llm/tensor';
import { buildLinear, type BuildOptions } from './build.ts';
import { CausalLm, plainWeight, type ModelShape } from './causal-lm.ts';
import { forwardPass, type ForwardOptions, type ForwardPass } from './forward-pass.ts';

/** Embedding, layers and final norm. */
export interface DecoderBody extends nn.Module {
  readonly embedTokens: nn.Embedding; // [V, C]
  /** inputIds [B, T] → [B, T, C] */
  forward(inputIds: Tensor, pass: ForwardPass): Tensor;
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

  hiddenStates(inputIds: Tensor, options: ForwardOptions = {}): Tensor {
    const hidden = scope(() => this.model.forward(inputIds, forwardPass(inputIds, options)));
    options.kvCache?.advance(inputIds.shape[1]!);
    return hidden;
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
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  readonly vocabSize: number;
}): ModelShape {
  const { hiddenSize, numHiddenLayers, numKeyValueHeads, headDim, vocabSize } = config;
  const numLayers = numHiddenLayers;
  const positionLimit = Infinity; // rotary positions go on; quality ends at maxPositionEmbeddings
  return { hiddenSize, numLayers, numKeyValueHeads, headDim, vocabSize, positionLimit };
}
