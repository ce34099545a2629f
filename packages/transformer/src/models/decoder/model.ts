// Llama's relatives: pre-RMSNorm decoders with grouped-query attention and a gated MLP, composed as
// their configuration says. Property names are Hugging Face's in camelCase, so a parameter's path is
// its checkpoint key. Each is checked against Transformers' class of the same name.
import { nn, scope, tf, type QuantizedWeight, type Tensor, type Variable } from '@llm/tensor';
import { FusedGatedMlp, GatedMlp } from '../../mlp/gated-mlp.ts';
import { SparseMlp } from '../../mlp/sparse-mlp.ts';
import { RotaryEmbedding } from '../../position/rotary-embedding.ts';
import { buildEmbedding, buildLinear, type BuildOptions } from '../build.ts';
import { CausalLmWithHead, rotaryShape } from '../causal-lm-with-head.ts';
import { layerPass, type ForwardPass } from '../forward-pass.ts';
import { runLayer, type LayerStack } from '../run-layer.ts';
import { DecoderAttention, type LayerPass } from './attention.ts';
import type { DecoderConfig } from './config.ts';
import { buildNorm, type Norm } from './norm.ts';

export class DecoderLayer extends nn.Module {
  inputLayernorm: Norm;
  selfAttn: DecoderAttention;
  /** Before the MLP; with `preFeedforwardLayernorm` it follows attention instead, as its name says. */
  postAttentionLayernorm: Norm;
  preFeedforwardLayernorm?: Norm;
  postFeedforwardLayernorm?: Norm;
  mlp: GatedMlp | FusedGatedMlp | SparseMlp;

  constructor(config: DecoderConfig, layer: number, build: BuildOptions) {
    super();
    const C = config.hiddenSize;
    this.inputLayernorm = buildNorm(C, config);
    this.selfAttn = new DecoderAttention(config, build);
    this.postAttentionLayernorm = buildNorm(C, config);
    if (config.hasPostNorms) {
      this.preFeedforwardLayernorm = buildNorm(C, config);
      this.postFeedforwardLayernorm = buildNorm(C, config);
    }
    this.mlp = buildMlp(config, layer, build);
  }

  /** [B, T, C] → [B, T, C]; keeps only what the backward pass needs */
  forward(x: Tensor, pass: LayerPass): Tensor {
    return scope(() => {
      const attended = this.selfAttn.forward(this.inputLayernorm.forward(x), pass);
      if (this.preFeedforwardLayernorm === undefined) {
        const middle = tf.add(x, attended);
        return tf.add(middle, this.mlp.forward(this.postAttentionLayernorm.forward(middle)));
      }
      const middle = tf.add(x, this.postAttentionLayernorm.forward(attended));
      const mixed = this.mlp.forward(this.preFeedforwardLayernorm.forward(middle));
      return tf.add(middle, this.postFeedforwardLayernorm!.forward(mixed));
    });
  }
}

function buildMlp(config: DecoderConfig, layer: number, build: BuildOptions): DecoderLayer['mlp'] {
  const { hiddenSize: C, intermediateSize: F, hiddenAct, experts } = config;
  const options = { hasBias: config.hasMlpBias, std: config.initializerRange };
  const make = (inSize: number, outSize: number) => buildLinear([inSize, outSize], options, build);
  const gatedMlp = (inner: number): GatedMlp =>
    new GatedMlp(
      { gateProj: make(C, inner), upProj: make(C, inner), downProj: make(inner, C) },
      hiddenAct,
    );
  if (experts !== null && config.layers[layer]!.isSparse) {
    const { count, intermediateSize, perToken, isNormalized } = experts;
    const gate = make(C, count);
    const list = Array.from({ length: count }, () => gatedMlp(intermediateSize));
    return new SparseMlp({ gate, experts: list, perToken, isNormalized });
  }
  if (!config.hasFusedProjections) return gatedMlp(F);
  return new FusedGatedMlp({ gateUpProj: make(C, 2 * F), downProj: make(F, C) }, hiddenAct);
}

export class DecoderModel extends nn.Module implements LayerStack {
  gradientCheckpointing = false;
  readonly config: DecoderConfig;
  embedTokens: nn.Embedding; // [V, C]
  layers: DecoderLayer[];
  norm: Norm;
  readonly ropes: Readonly<Record<string, RotaryEmbedding>>;

  constructor(config: DecoderConfig, build: BuildOptions) {
    super();
    this.config = config;
    const { vocabSize: V, hiddenSize: C, initializerRange: std } = config;
    this.embedTokens = buildEmbedding([V, C], std, build);
    this.layers = config.layers.map((_, layer) => new DecoderLayer(config, layer, build));
    this.norm = buildNorm(C, config);
    const ropes = Object.entries(config.ropes);
    this.ropes = Object.fromEntries(ropes.map(([name, rule]) => [name, new RotaryEmbedding(rule)]));
  }

  /** ids [..] → [.., C] */
  embed(ids: Tensor): Tensor {
    const { embeddingScale } = this.config;
    const embedded = this.embedTokens.forward(ids);
    return embeddingScale === 1 ? embedded : tf.mul(embedded, embeddingScale);
  }

  /** words [B, T, C] → [B, T, C] */
  forward(words: Tensor, pass: ForwardPass): Tensor {
    let hidden = words;
    for (const [layer, block] of this.layers.entries()) {
      const inputs = { ...layerPass(pass, layer), x: hidden, ropes: this.ropes };
      hidden = runLayer(this, inputs, ({ x, ...rest }) => block.forward(x, rest));
    }
    return this.norm.forward(hidden);
  }

  override dispose(): void {
    super.dispose();
    for (const rope of Object.values(this.ropes)) rope.dispose();
  }
}

export class DecoderForCausalLm extends CausalLmWithHead<DecoderModel> {
  readonly config: DecoderConfig;

  constructor(config: DecoderConfig, build: BuildOptions) {
    const windows = config.layers.map(({ window }) => window);
    const shape = { ...rotaryShape(config), windows };
    super(new DecoderModel(config, build), shape, { config, build });
    this.config = config;
  }

  override logits(hidden: Tensor): Tensor {
    const cap = this.config.logitSoftcap;
    if (cap === null) return super.logits(hidden);
    return scope(() => tf.mul(tf.tanh(tf.div(super.logits(hidden), cap)), cap));
  }

  override outputWeight(): Variable | QuantizedWeight | undefined {
    return this.config.logitSoftcap === null ? super.outputWeight() : undefined;
  }
}
