// Llama (Touvron et al. 2023; Grattafiori et al. 2024): pre-RMSNorm, rotary positions, grouped-query
// attention, gated MLP. Property names are Hugging Face's in camelCase, so a parameter's path is its
// checkpoint key. Checked against Transformers' LlamaForCausalLM.
import { nn, scope, tf, type Generator, type Tensor } from '@llm/tensor';
import { attend } from '../../attention/attend.ts';
import { GatedMlp } from '../../mlp/gated-mlp.ts';
import { RotaryEmbedding } from '../../position/rotary-embedding.ts';
import { buildEmbedding, buildLinear, type BuildOptions } from '../build.ts';
import { CausalLmWithHead, rotaryShape } from '../causal-lm-with-head.ts';
import { layerPass, type ForwardPass, type OneLayerPass } from '../forward-pass.ts';
import { runLayer, type LayerStack } from '../run-layer.ts';
import type { LlamaConfig } from './config.ts';

/** What a layer needs besides its input. */
type LayerPass = OneLayerPass & { readonly rotary: RotaryEmbedding };

export class LlamaAttention extends nn.Module {
  readonly config: LlamaConfig;
  readonly generator: Generator; // of dropout
  qProj: nn.Linear; // [H·D, C]
  kProj: nn.Linear; // [K·D, C]
  vProj: nn.Linear; // [K·D, C]
  oProj: nn.Linear; // [C, H·D]

  constructor(config: LlamaConfig, build: BuildOptions) {
    super();
    this.config = config;
    this.generator = build.generator;
    const { hiddenSize: C, headDim: D, numAttentionHeads: H, numKeyValueHeads: K } = config;
    const options = { hasBias: config.attentionBias, std: config.initializerRange };
    this.qProj = buildLinear([C, H * D], options, build);
    this.kProj = buildLinear([C, K * D], options, build);
    this.vProj = buildLinear([C, K * D], options, build);
    this.oProj = buildLinear([H * D, C], options, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor, pass: LayerPass): Tensor {
    const [B = 0, T = 0] = x.shape;
    const { headDim: D, numAttentionHeads: H, numKeyValueHeads: K } = this.config;
    const queries = tf.reshape(this.qProj.forward(x), [B, T, H, D]);
    const keys = tf.reshape(this.kProj.forward(x), [B, T, K, D]);
    const values = tf.reshape(this.vProj.forward(x), [B, T, K, D]);
    const heads = {
      queries: pass.rotary.rotate(queries, pass),
      keys: pass.rotary.rotate(keys, pass),
      values,
    };
    const dropout = this.training ? this.config.attentionDropout : 0;
    const mixed = attend(heads, pass, { dropout, generator: this.generator }); // [B, T, H, D]
    return this.oProj.forward(tf.reshape(mixed, [B, T, H * D]));
  }
}

export class LlamaLayer extends nn.Module {
  inputLayernorm: nn.RMSNorm;
  selfAttn: LlamaAttention;
  postAttentionLayernorm: nn.RMSNorm;
  mlp: GatedMlp;

  constructor(config: LlamaConfig, build: BuildOptions) {
    super();
    const { hiddenSize: C, rmsNormEps: eps } = config;
    this.inputLayernorm = new nn.RMSNorm(C, { eps });
    this.selfAttn = new LlamaAttention(config, build);
    this.postAttentionLayernorm = new nn.RMSNorm(C, { eps });
    this.mlp = buildMlp(config, build);
  }

  /** [B, T, C] → [B, T, C]; keeps only what the backward pass needs */
  forward(x: Tensor, pass: LayerPass): Tensor {
    return scope(() => {
      const attended = tf.add(x, this.selfAttn.forward(this.inputLayernorm.forward(x), pass));
      return tf.add(attended, this.mlp.forward(this.postAttentionLayernorm.forward(attended)));
    });
  }
}

function buildMlp(config: LlamaConfig, build: BuildOptions): GatedMlp {
  const { hiddenSize: C, intermediateSize: F } = config;
  const options = { hasBias: config.mlpBias, std: config.initializerRange };
  return new GatedMlp({
    gateProj: buildLinear([C, F], options, build),
    upProj: buildLinear([C, F], options, build),
    downProj: buildLinear([F, C], options, build),
  });
}

export class LlamaModel extends nn.Module implements LayerStack {
  gradientCheckpointing = false;
  embedTokens: nn.Embedding; // [V, C]
  layers: LlamaLayer[];
  norm: nn.RMSNorm;
  readonly rotary: RotaryEmbedding;

  constructor(config: LlamaConfig, build: BuildOptions) {
    super();
    const { vocabSize: V, hiddenSize: C, rmsNormEps: eps } = config;
    this.embedTokens = buildEmbedding([V, C], config.initializerRange, build);
    const indices = Array.from({ length: config.numHiddenLayers });
    this.layers = indices.map(() => new LlamaLayer(config, build));
    this.norm = new nn.RMSNorm(C, { eps });
    this.rotary = new RotaryEmbedding({
      headDim: config.headDim,
      theta: config.ropeTheta,
      scaling: config.ropeScaling,
    });
  }

  /** ids [..] → [.., C] */
  embed(ids: Tensor): Tensor {
    return this.embedTokens.forward(ids);
  }

  /** words [B, T, C] → [B, T, C] */
  forward(words: Tensor, pass: ForwardPass): Tensor {
    let hidden = words;
    for (const [layer, block] of this.layers.entries()) {
      const inputs = { ...layerPass(pass, layer), x: hidden, rotary: this.rotary };
      hidden = runLayer(this, inputs, ({ x, ...rest }) => block.forward(x, rest));
    }
    return this.norm.forward(hidden);
  }

  override dispose(): void {
    super.dispose();
    this.rotary.dispose();
  }
}

export class LlamaForCausalLm extends CausalLmWithHead<LlamaModel> {
  readonly config: LlamaConfig;

  constructor(config: LlamaConfig, build: BuildOptions) {
    super(new LlamaModel(config, build), rotaryShape(config), { config, build });
    this.config = config;
  }
}
