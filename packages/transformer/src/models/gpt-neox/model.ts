// GPT-NeoX (Black et al. 2022), Pythia: attention and MLP side by side on the same input, rotary
// positions on a part of each head, queries, keys and values of a head lying together in one matrix.
// Checked against Transformers' GPTNeoXForCausalLM.
import {
  nn,
  scope,
  tf,
  type Generator,
  type QuantizedWeight,
  type Tensor,
  type Variable,
} from '@llm/tensor';
import { attend } from '../../attention/attend.ts';
import { activate } from '../../mlp/activation.ts';
import { RotaryEmbedding } from '../../position/rotary-embedding.ts';
import { buildEmbedding, buildLinear, type BuildOptions } from '../build.ts';
import { CausalLm, plainWeight, type ModelShape } from '../causal-lm.ts';
import { layerPass, type ForwardPass, type OneLayerPass } from '../forward-pass.ts';
import { runLayer, type LayerStack } from '../run-layer.ts';
import { gptNeoxRope, type GptNeoxConfig } from './config.ts';

type LayerPass = OneLayerPass & { readonly rotary: RotaryEmbedding };

export class GptNeoxAttention extends nn.Module {
  readonly config: GptNeoxConfig;
  readonly generator: Generator; // of dropout
  queryKeyValue: nn.Linear; // [H·3·D, C]: of each head its query, key and value
  dense: nn.Linear; // [C, C]

  constructor(config: GptNeoxConfig, build: BuildOptions) {
    super();
    const { hiddenSize: C, attentionBias: hasBias, initializerRange: std } = config;
    this.config = config;
    this.generator = build.generator;
    this.queryKeyValue = buildLinear([C, 3 * C], { hasBias, std }, build);
    this.dense = buildLinear([C, C], { hasBias, std }, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor, pass: LayerPass): Tensor {
    const [B = 0, T = 0, C = 0] = x.shape;
    const H = this.config.numAttentionHeads;
    const projected = tf.reshape(this.queryKeyValue.forward(x), [B, T, H, (3 * C) / H]);
    const [queries, keys, values] = tf.split(projected, 3, 3); // 3 × [B, T, H, D]
    const heads = {
      queries: pass.rotary.rotate(queries!, pass),
      keys: pass.rotary.rotate(keys!, pass),
      values: values!,
    };
    const dropout = this.training ? this.config.attentionDropout : 0;
    const mixed = attend(heads, pass, { dropout, generator: this.generator }); // [B, T, H, D]
    return this.dense.forward(tf.reshape(mixed, [B, T, C]));
  }
}

export class GptNeoxMlp extends nn.Module {
  readonly config: GptNeoxConfig;
  denseHTo_4h: nn.Linear; // [F, C]
  dense_4hToH: nn.Linear; // [C, F]

  constructor(config: GptNeoxConfig, build: BuildOptions) {
    super();
    const { hiddenSize: C, intermediateSize: F, initializerRange: std } = config;
    this.config = config;
    this.denseHTo_4h = buildLinear([C, F], { hasBias: true, std }, build);
    this.dense_4hToH = buildLinear([F, C], { hasBias: true, std }, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor): Tensor {
    return this.dense_4hToH.forward(activate(this.config.hiddenAct, this.denseHTo_4h.forward(x)));
  }
}

export class GptNeoxLayer extends nn.Module {
  readonly config: GptNeoxConfig;
  inputLayernorm: nn.LayerNorm;
  postAttentionLayernorm: nn.LayerNorm;
  attention: GptNeoxAttention;
  mlp: GptNeoxMlp;
  dropout: nn.Dropout;

  constructor(config: GptNeoxConfig, build: BuildOptions) {
    super();
    const { hiddenSize: C, layerNormEps: eps } = config;
    this.config = config;
    this.inputLayernorm = new nn.LayerNorm(C, { eps });
    this.postAttentionLayernorm = new nn.LayerNorm(C, { eps });
    this.attention = new GptNeoxAttention(config, build);
    this.mlp = new GptNeoxMlp(config, build);
    this.dropout = new nn.Dropout(config.hiddenDropout, build);
  }

  /** [B, T, C] → [B, T, C]; keeps only what the backward pass needs */
  forward(x: Tensor, pass: LayerPass): Tensor {
    return scope(() => {
      const mixed = this.attention.forward(this.inputLayernorm.forward(x), pass);
      const attended = tf.add(x, this.dropout.forward(mixed));
      const input = this.config.useParallelResidual ? x : attended;
      const changed = this.mlp.forward(this.postAttentionLayernorm.forward(input));
      return tf.add(attended, this.dropout.forward(changed));
    });
  }
}

export class GptNeoxModel extends nn.Module implements LayerStack {
  gradientCheckpointing = false;
  embedIn: nn.Embedding; // [V, C]
  embDropout: nn.Dropout;
  layers: GptNeoxLayer[];
  finalLayerNorm: nn.LayerNorm;
  readonly rotary: RotaryEmbedding;

  constructor(config: GptNeoxConfig, build: BuildOptions) {
    super();
    const { vocabSize: V, hiddenSize: C, layerNormEps: eps, numHiddenLayers: length } = config;
    this.embedIn = buildEmbedding([V, C], config.initializerRange, build);
    this.embDropout = new nn.Dropout(config.hiddenDropout, build);
    this.layers = Array.from({ length }, () => new GptNeoxLayer(config, build));
    this.finalLayerNorm = new nn.LayerNorm(C, { eps });
    this.rotary = new RotaryEmbedding(gptNeoxRope(config));
  }

  /** words [B, T, C] → [B, T, C] */
  forward(words: Tensor, pass: ForwardPass): Tensor {
    let hidden = this.embDropout.forward(words);
    for (const [layer, block] of this.layers.entries()) {
      const inputs = { ...layerPass(pass, layer), x: hidden, rotary: this.rotary };
      hidden = runLayer(this, inputs, ({ x, ...rest }) => block.forward(x, rest));
    }
    return this.finalLayerNorm.forward(hidden);
  }

  override dispose(): void {
    super.dispose();
    this.rotary.dispose();
  }
}

export class GptNeoxForCausalLm extends CausalLm {
  readonly config: GptNeoxConfig;
  readonly shape: ModelShape;
  gptNeox: GptNeoxModel;
  embedOut?: nn.Linear; // [V, C]; absent when tied to embedIn

  constructor(config: GptNeoxConfig, build: BuildOptions) {
    super();
    this.config = config;
    this.shape = gptNeoxShape(config);
    this.gptNeox = new GptNeoxModel(config, build);
    if (config.tieWordEmbeddings) return;
    const options = { hasBias: false, std: config.initializerRange };
    this.embedOut = buildLinear([config.hiddenSize, config.vocabSize], options, build);
  }

  embed(ids: Tensor): Tensor {
    return this.gptNeox.embedIn.forward(ids);
  }

  protected override runLayers(words: Tensor, pass: ForwardPass): Tensor {
    return this.gptNeox.forward(words, pass);
  }

  logits(hidden: Tensor): Tensor {
    return this.embedOut?.forward(hidden) ?? this.gptNeox.embedIn.project(hidden);
  }

  outputWeight(): Variable | QuantizedWeight | undefined {
    return plainWeight(this.embedOut ?? this.gptNeox.embedIn);
  }

  override dispose(): void {
    this.gptNeox.dispose();
    super.dispose();
  }
}

function gptNeoxShape(config: GptNeoxConfig): ModelShape {
  const { hiddenSize, numHiddenLayers: numLayers, numAttentionHeads, vocabSize } = config;
  return {
    hiddenSize,
    numLayers,
    numAttentionHeads,
    numKeyValueHeads: numAttentionHeads,
    headDim: hiddenSize / numAttentionHeads,
    vocabSize,
    positionLimit: Infinity, // rotary positions go on; quality ends at maxPositionEmbeddings
  };
}
