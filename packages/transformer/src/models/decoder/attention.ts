// Attention of Llama's relatives: grouped queries, with the parts that some of them add.
import { nn, tf, type Generator, type Tensor } from '@llm/tensor';
import { attend, type Heads } from '../../attention/attend.ts';
import type { RotaryEmbedding } from '../../position/rotary-embedding.ts';
import { buildLinear, type BuildOptions } from '../build.ts';
import type { OneLayerPass } from '../forward-pass.ts';
import type { DecoderConfig } from './config.ts';
import { buildNorm, type Norm } from './norm.ts';

/** What a layer needs besides its input. */
export type LayerPass = OneLayerPass & {
  readonly ropes: Readonly<Record<string, RotaryEmbedding>>;
};

export class DecoderAttention extends nn.Module {
  readonly config: DecoderConfig;
  readonly generator: Generator; // of dropout
  qProj?: nn.Linear; // [H·D, C]
  kProj?: nn.Linear; // [K·D, C]
  vProj?: nn.Linear; // [K·D, C]
  qkvProj?: nn.Linear; // [(H + 2K)·D, C], in the place of the three
  oProj: nn.Linear; // [C, H·D]
  qNorm?: Norm; // [D]
  kNorm?: Norm; // [D]

  constructor(config: DecoderConfig, build: BuildOptions) {
    super();
    this.config = config;
    this.generator = build.generator;
    const { hiddenSize: C, headDim: D, numAttentionHeads: H, numKeyValueHeads: K } = config;
    const options = { hasBias: config.hasQkvBias, std: config.initializerRange };
    const project = (out: number): nn.Linear => buildLinear([C, out], options, build);
    if (config.hasFusedProjections) this.qkvProj = project((H + 2 * K) * D);
    else {
      this.qProj = project(H * D);
      this.kProj = project(K * D);
      this.vProj = project(K * D);
    }
    const outputOptions = { hasBias: config.hasOutputBias, std: config.initializerRange };
    this.oProj = buildLinear([H * D, C], outputOptions, build);
    if (!config.hasQueryKeyNorm) return;
    this.qNorm = buildNorm(D, config);
    this.kNorm = buildNorm(D, config);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor, pass: LayerPass): Tensor {
    const [B = 0, T = 0] = x.shape;
    const { config, generator } = this;
    const { headDim: D, numAttentionHeads: H } = config;
    const { window, rope } = config.layers[pass.layer]!;
    const rotary = rope === null ? null : pass.ropes[rope]!;
    const { queries, keys, values } = this.#heads(x);
    const turned = (heads: Tensor): Tensor => rotary?.rotate(heads, pass) ?? heads;
    const heads = {
      queries: turned(this.qNorm?.forward(queries) ?? queries),
      keys: turned(this.kNorm?.forward(keys) ?? keys),
      values,
    };
    const mixed = attend(heads, pass, {
      scale: config.attentionScale,
      softcap: config.attentionSoftcap,
      window,
      dropout: this.training ? config.attentionDropout : 0,
      generator,
    }); // [B, T, H, D]
    return this.oProj.forward(tf.reshape(mixed, [B, T, H * D]));
  }

  #heads(x: Tensor): Heads {
    const [B = 0, T = 0] = x.shape;
    const { headDim: D, numAttentionHeads: H, numKeyValueHeads: K } = this.config;
    const parts =
      this.qkvProj === undefined
        ? [this.qProj!, this.kProj!, this.vProj!].map((layer) => layer.forward(x))
        : tf.split(this.qkvProj.forward(x), [H * D, K * D, K * D], -1);
    return {
      queries: tf.reshape(parts[0]!, [B, T, H, D]),
      keys: tf.reshape(parts[1]!, [B, T, K, D]),
      values: tf.reshape(parts[2]!, [B, T, K, D]),
    };
  }
}
