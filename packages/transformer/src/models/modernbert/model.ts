// The body of ModernBERT (Warner et al. 2024, arXiv 2412.13663): norms before each block and without
// biases, rotary positions, gated MLP, and in two layers of three only near tokens seen. Checked
// against Transformers' ModernBertForMaskedLM.
import { layerNorm, nn, scope, tf, type Generator, type Tensor, type Variable } from '@llm/tensor';
import { attend } from '../../attention/attend.ts';
import { gated } from '../../mlp/gated-mlp.ts';
import { RotaryEmbedding } from '../../position/rotary-embedding.ts';
import { readRopeScaling } from '../../position/rope-scaling.ts';
import { buildEmbedding, buildLinear, type BuildOptions } from '../build.ts';
import { EncoderBody, type EncoderOptions } from '../encoder/body.ts';
import type { EncoderConfig } from '../encoder/config.ts';
import { runLayer, type LayerStack } from '../run-layer.ts';
import { traceFinal } from '../trace.ts';

export class BiaslessLayerNorm extends nn.Module {
  readonly weight: Variable; // [C]
  readonly eps: number;

  constructor(hiddenSize: number, eps: number) {
    super();
    this.eps = eps;
    this.weight = nn.parameter(tf.ones([hiddenSize]));
  }

  /** [.., C] → [.., C] */
  forward(x: Tensor): Tensor {
    return scope(() => layerNorm(x, this.weight, tf.zeros(this.weight.shape), this.eps));
  }
}

interface LayerPass {
  readonly attentionMask?: Tensor;
  readonly rotary: RotaryEmbedding;
  readonly window: number | null;
}

export class ModernBertAttention extends nn.Module {
  readonly config: EncoderConfig;
  readonly generator: Generator; // of dropout
  wqkv: nn.Linear; // [3C, C]
  wo: nn.Linear; // [C, C]

  constructor(config: EncoderConfig, build: BuildOptions) {
    super();
    const { hiddenSize: C, initializerRange: std } = config;
    const hasBias = config.source['attentionBias'] === true;
    this.config = config;
    this.generator = build.generator;
    this.wqkv = buildLinear([C, 3 * C], { hasBias, std }, build);
    this.wo = buildLinear([C, C], { hasBias, std }, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor, { attentionMask, rotary, window }: LayerPass): Tensor {
    const [B = 0, T = 0, C = 0] = x.shape;
    const H = this.config.numAttentionHeads;
    const parts = tf.split(this.wqkv.forward(x), 3, -1);
    const [queries, keys, values] = parts.map((part) => tf.reshape(part, [B, T, H, C / H]));
    const positions = { positions: 0, positionCount: T };
    const heads = {
      queries: rotary.rotate(queries!, positions),
      keys: rotary.rotate(keys!, positions),
      values: values!,
    };
    const dropout = this.training ? this.config.attentionDropout : 0;
    const options = { isCausal: false, window, dropout, generator: this.generator };
    const mixed = attend(heads, { attentionMask, layer: 0 }, options);
    return this.wo.forward(tf.reshape(mixed, [B, T, C]));
  }
}

export class ModernBertLayer extends nn.Module {
  readonly config: EncoderConfig;
  attnNorm?: BiaslessLayerNorm; // not in layer 0, whose input is normed already
  attn: ModernBertAttention;
  mlpNorm: BiaslessLayerNorm;
  mlp: { wi: nn.Linear; wo: nn.Linear }; // [2F, C] and [C, F]
  dropout: nn.Dropout;

  constructor(config: EncoderConfig, layer: number, build: BuildOptions) {
    super();
    const { hiddenSize: C, intermediateSize: F, layerNormEps: eps } = config;
    const options = { hasBias: config.source['mlpBias'] === true, std: config.initializerRange };
    this.config = config;
    if (layer > 0) this.attnNorm = new BiaslessLayerNorm(C, eps);
    this.attn = new ModernBertAttention(config, build);
    this.mlpNorm = new BiaslessLayerNorm(C, eps);
    this.mlp = {
      wi: buildLinear([C, 2 * F], options, build),
      wo: buildLinear([F, C], options, build),
    };
    this.dropout = new nn.Dropout(config.hiddenDropout, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor, pass: LayerPass): Tensor {
    return scope(() => {
      const attended = tf.add(x, this.attn.forward(this.attnNorm?.forward(x) ?? x, pass));
      const [gate, up] = tf.split(this.mlp.wi.forward(this.mlpNorm.forward(attended)), 2, -1);
      const inner = gated(this.config.hiddenAct, gate!, up!);
      return tf.add(attended, this.mlp.wo.forward(this.dropout.forward(inner)));
    });
  }
}

export class ModernBertBody extends EncoderBody implements LayerStack {
  gradientCheckpointing = false;
  readonly config: EncoderConfig;
  embeddings: { tokEmbeddings: nn.Embedding; norm: BiaslessLayerNorm };
  layers: ModernBertLayer[];
  finalNorm: BiaslessLayerNorm;
  readonly ropes: { readonly local: RotaryEmbedding; readonly full: RotaryEmbedding };

  constructor(config: EncoderConfig, build: BuildOptions) {
    super();
    const { hiddenSize: C, vocabSize: V, layerNormEps: eps, numHiddenLayers: length } = config;
    this.config = config;
    this.embeddings = {
      tokEmbeddings: buildEmbedding([V, C], config.initializerRange, build),
      norm: new BiaslessLayerNorm(C, eps),
    };
    this.layers = Array.from({ length }, (_, i) => new ModernBertLayer(config, i, build));
    this.finalNorm = new BiaslessLayerNorm(C, eps);
    this.ropes = modernBertRopes(config);
  }

  get words(): Variable {
    return this.embeddings.tokEmbeddings.weight;
  }

  forward(inputIds: Tensor, { attentionMask }: EncoderOptions): Tensor {
    const { localAttention } = this.config.source;
    const near = Math.floor((typeof localAttention === 'number' ? localAttention : 128) / 2) + 1;
    return scope(() => {
      let hidden = this.embeddings.norm.forward(this.embeddings.tokEmbeddings.forward(inputIds));
      for (const [i, layer] of this.layers.entries()) {
        const isLocal = isLocalLayer(this.config, i);
        const rotary = isLocal ? this.ropes.local : this.ropes.full;
        const inputs = { x: hidden, attentionMask, rotary, window: isLocal ? near : null };
        hidden = runLayer(this, inputs, ({ x, ...rest }) => layer.forward(x, rest));
      }
      const final = this.finalNorm.forward(hidden);
      traceFinal(final);
      return final;
    });
  }

  override dispose(): void {
    super.dispose();
    this.ropes.local.dispose();
    this.ropes.full.dispose();
  }
}

function isLocalLayer({ source }: EncoderConfig, layer: number): boolean {
  const types: unknown = source['layerTypes'];
  if (Array.isArray(types)) return types[layer] === 'sliding_attention';
  const every = source['globalAttnEveryNLayers'];
  return layer % (typeof every === 'number' ? every : 3) !== 0;
}

function modernBertRopes(config: EncoderConfig): ModernBertBody['ropes'] {
  const { source, maxPositionEmbeddings } = config;
  const headDim = config.hiddenSize / config.numAttentionHeads;
  const rules = record(source['ropeParameters']);
  const make = (name: string, oldKey: string, fallback: number): RotaryEmbedding => {
    const rule = record(rules[name] ?? rules[name.replace('A', '_a')]);
    const theta = Number(rule['ropeTheta'] ?? source[oldKey] ?? fallback);
    const scaling = readRopeScaling(rule, maxPositionEmbeddings);
    return new RotaryEmbedding({ headDim, theta, scaling });
  };
  return {
    local: make('slidingAttention', 'localRopeTheta', 10000),
    full: make('fullAttention', 'globalRopeTheta', 160000),
  };
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
