// GPT-2 (Radford et al. 2019): learned positions, pre-LayerNorm, fused query–key–value projection, GELU
// MLP of four times the width. Checked against Transformers' GPT2LMHeadModel. Projections keep the
// layout [out, in]; the checkpoint's Conv1D layout [in, out] is turned when read or written.
import {
  nn,
  scope,
  ShapeError,
  tf,
  type Generator,
  type QuantizedWeight,
  type Tensor,
  type Variable,
} from '@llm/tensor';
import { attend } from '../../attention/attend.ts';
import { activate } from '../../mlp/activation.ts';
import { buildEmbedding, buildLinear, type BuildOptions } from '../build.ts';
import { CausalLm, plainWeight, type ModelShape } from '../causal-lm.ts';
import { layerPass, type ForwardPass, type OneLayerPass } from '../forward-pass.ts';
import { runLayer, type LayerStack } from '../run-layer.ts';
import type { Gpt2Config } from './config.ts';

/** Projections into the residual stream begin smaller: each of 2L layers adds to its variance. */
const residualStd = ({ initializerRange, nLayer }: Gpt2Config): number =>
  initializerRange / Math.sqrt(2 * nLayer);

export class Gpt2Attention extends nn.Module {
  readonly config: Gpt2Config;
  readonly generator: Generator; // of dropout
  cAttn: nn.Linear; // [3C, C]: queries, keys, values
  cProj: nn.Linear; // [C, C]
  residDropout: nn.Dropout;

  constructor(config: Gpt2Config, build: BuildOptions) {
    super();
    const { nEmbd: C, initializerRange } = config;
    this.config = config;
    this.generator = build.generator;
    this.cAttn = buildLinear([C, 3 * C], { hasBias: true, std: initializerRange }, build);
    this.cProj = buildLinear([C, C], { hasBias: true, std: residualStd(config) }, build);
    this.residDropout = new nn.Dropout(config.residPdrop, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor, pass: OneLayerPass): Tensor {
    const [B = 0, T = 0, C = 0] = x.shape;
    const { nHead: H, attnPdrop } = this.config;
    const projected = tf.split(this.cAttn.forward(x), 3, -1); // 3 × [B, T, C]
    const [queries, keys, values] = projected.map((part) => tf.reshape(part, [B, T, H, C / H]));
    const heads = { queries: queries!, keys: keys!, values: values! };
    const dropout = this.training ? attnPdrop : 0;
    const scale = this.#scale(C / H, pass.layer);
    const mixed = attend(heads, pass, { scale, dropout, generator: this.generator }); // [B, T, H, D]
    return this.residDropout.forward(this.cProj.forward(tf.reshape(mixed, [B, T, C])));
  }

  #scale(headDim: number, layer: number): number {
    const { scaleAttnWeights, scaleAttnByInverseLayerIdx } = this.config;
    const scale = scaleAttnWeights ? headDim ** -0.5 : 1;
    return scaleAttnByInverseLayerIdx ? scale / (layer + 1) : scale;
  }
}

export class Gpt2Mlp extends nn.Module {
  readonly config: Gpt2Config;
  cFc: nn.Linear; // [F, C]
  cProj: nn.Linear; // [C, F]
  dropout: nn.Dropout;

  constructor(config: Gpt2Config, build: BuildOptions) {
    super();
    const { nEmbd: C, initializerRange } = config;
    const F = config.nInner ?? 4 * C;
    this.config = config;
    this.cFc = buildLinear([C, F], { hasBias: true, std: initializerRange }, build);
    this.cProj = buildLinear([F, C], { hasBias: true, std: residualStd(config) }, build);
    this.dropout = new nn.Dropout(config.residPdrop, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor): Tensor {
    const inner = activate(this.config.activationFunction, this.cFc.forward(x)); // [B, T, F]
    return this.dropout.forward(this.cProj.forward(inner));
  }
}

export class Gpt2Block extends nn.Module {
  ln_1: nn.LayerNorm;
  attn: Gpt2Attention;
  ln_2: nn.LayerNorm;
  mlp: Gpt2Mlp;

  constructor(config: Gpt2Config, build: BuildOptions) {
    super();
    const { nEmbd: C, layerNormEpsilon: eps } = config;
    this.ln_1 = new nn.LayerNorm(C, { eps });
    this.attn = new Gpt2Attention(config, build);
    this.ln_2 = new nn.LayerNorm(C, { eps });
    this.mlp = new Gpt2Mlp(config, build);
  }

  /** [B, T, C] → [B, T, C]; keeps only what the backward pass needs */
  forward(x: Tensor, pass: OneLayerPass): Tensor {
    return scope(() => {
      const attended = tf.add(x, this.attn.forward(this.ln_1.forward(x), pass));
      return tf.add(attended, this.mlp.forward(this.ln_2.forward(attended)));
    });
  }
}

export class Gpt2Model extends nn.Module implements LayerStack {
  readonly config: Gpt2Config;
  gradientCheckpointing = false;
  wte: nn.Embedding; // [V, C]
  wpe: nn.Embedding; // [positions, C]
  drop: nn.Dropout;
  h: Gpt2Block[];
  lnF: nn.LayerNorm;

  constructor(config: Gpt2Config, build: BuildOptions) {
    super();
    const { vocabSize: V, nEmbd: C, nPositions, initializerRange, layerNormEpsilon: eps } = config;
    this.config = config;
    this.wte = buildEmbedding([V, C], initializerRange, build);
    this.wpe = buildEmbedding([nPositions, C], initializerRange, build);
    this.drop = new nn.Dropout(config.embdPdrop, build);
    this.h = Array.from({ length: config.nLayer }, () => new Gpt2Block(config, build));
    this.lnF = new nn.LayerNorm(C, { eps });
  }

  /** words [B, T, C], without positions → [B, T, C] */
  forward(words: Tensor, pass: ForwardPass): Tensor {
    const positions = this.#positions(words.shape[1]!, pass); // [B or 1, T, C]
    let hidden = this.drop.forward(tf.add(words, positions));
    for (const [layer, block] of this.h.entries()) {
      const inputs = { ...layerPass(pass, layer), x: hidden };
      hidden = runLayer(this, inputs, ({ x, ...rest }) => block.forward(x, rest));
    }
    return this.lnF.forward(hidden);
  }

  #positions(length: number, { positions, positionCount }: ForwardPass): Tensor {
    const limit = this.config.nPositions;
    if (positionCount > limit) {
      throw new ShapeError(
        `gpt2: inputIds: expected at most ${limit} positions, got ${positionCount}. Shorten the sequence, or raise nPositions.`,
      );
    }
    if (typeof positions !== 'number') return this.wpe.forward(positions);
    const ids = Int32Array.from({ length }, (_, i) => positions + i);
    return this.wpe.forward(tf.tensor2d(ids, [1, length], 'int32'));
  }
}

export class Gpt2LmHeadModel extends CausalLm {
  readonly config: Gpt2Config;
  readonly shape: ModelShape;
  transformer: Gpt2Model;
  lmHead?: nn.Linear; // [V, C]; absent when tied to wte

  constructor(config: Gpt2Config, build: BuildOptions) {
    super();
    this.config = config;
    this.shape = gpt2Shape(config);
    this.transformer = new Gpt2Model(config, build);
    if (config.tieWordEmbeddings) return;
    const options = { hasBias: false, std: config.initializerRange };
    this.lmHead = buildLinear([config.nEmbd, config.vocabSize], options, build);
  }

  embed(ids: Tensor): Tensor {
    return this.transformer.wte.forward(ids);
  }

  protected override runLayers(words: Tensor, pass: ForwardPass): Tensor {
    return this.transformer.forward(words, pass);
  }

  logits(hidden: Tensor): Tensor {
    return this.lmHead?.forward(hidden) ?? this.transformer.wte.project(hidden);
  }

  outputWeight(): Variable | QuantizedWeight | undefined {
    return plainWeight(this.lmHead ?? this.transformer.wte);
  }
}

function gpt2Shape({ nEmbd, nLayer, nHead, vocabSize, nPositions }: Gpt2Config): ModelShape {
  return {
    hiddenSize: nEmbd,
    numLayers: nLayer,
    numAttentionHeads: nHead,
    numKeyValueHeads: nHead,
    headDim: nEmbd / nHead,
    vocabSize,
    positionLimit: nPositions,
  };
}
