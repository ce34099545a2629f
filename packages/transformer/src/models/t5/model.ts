// T5 (Raffel et al. 2019): RMSNorm before each block, relative positions as a bias of the scores shared
// by all layers, no biases elsewhere and no scale of the scores. v1.1 gates its MLP and has an output
// table of its own. Checked against Transformers' T5ForConditionalGeneration.
import { linear, nn, scope, tf, type Tensor } from '@llm/tensor';
import { MultiHeadAttention } from '../../attention/multi-head-attention.ts';
import { GatedMlp } from '../../mlp/gated-mlp.ts';
import { PlainMlp } from '../../mlp/plain-mlp.ts';
import { relativeBias } from '../../position/relative-bias.ts';
import { buildEmbedding, buildLinear, type BuildOptions } from '../build.ts';
import type { Seq2SeqConfig } from '../seq2seq/config.ts';
import { Seq2SeqLm } from '../seq2seq/seq2seq-lm.ts';
import type { DecodeOptions, DecoderPass, SourceMemory } from '../seq2seq/seq2seq-lm.ts';
import type { KeysAndValues } from '../soft-prompt.ts';
import { runLayer, type LayerStack } from '../run-layer.ts';
import { traceFinal } from '../trace.ts';

interface LayerPass extends DecodeOptions {
  readonly layer: number;
  readonly bias: Tensor; // [1, H, T, S]
  readonly prefix?: KeysAndValues;
  /** Of the encoder's own tokens. */
  readonly attentionMask?: Tensor;
  /** What the decoder reads; absent in the encoder. */
  readonly source?: SourceMemory;
}

export class T5Layer extends nn.Module {
  selfAttn: MultiHeadAttention;
  selfAttnNorm: nn.RMSNorm;
  crossAttn?: MultiHeadAttention;
  crossAttnNorm?: nn.RMSNorm;
  mlp: PlainMlp | GatedMlp;
  mlpNorm: nn.RMSNorm;
  dropout: nn.Dropout;

  constructor(config: Seq2SeqConfig, isDecoder: boolean, build: BuildOptions) {
    super();
    const { hiddenSize: C, normEps: eps } = config;
    this.selfAttn = buildAttention(config, build);
    this.selfAttnNorm = new nn.RMSNorm(C, { eps });
    if (isDecoder) {
      this.crossAttn = buildAttention(config, build);
      this.crossAttnNorm = new nn.RMSNorm(C, { eps });
    }
    this.mlp = buildMlp(config, build);
    this.mlpNorm = new nn.RMSNorm(C, { eps });
    this.dropout = new nn.Dropout(config.dropout, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor, pass: LayerPass): Tensor {
    return scope(() => {
      const own = this.selfAttn.forward(this.selfAttnNorm.forward(x), pass, {
        scale: 1,
        isCausal: pass.source !== undefined,
        bias: pass.bias,
      });
      const attended = this.#readSource(tf.add(x, this.dropout.forward(own)), pass);
      const changed = this.mlp.forward(this.mlpNorm.forward(attended));
      return tf.add(attended, this.dropout.forward(changed));
    });
  }

  #readSource(x: Tensor, { layer, source }: LayerPass): Tensor {
    if (source === undefined) return x;
    const pass = { layer, memory: source.layers[layer]!, attentionMask: source.attentionMask };
    const input = this.crossAttnNorm!.forward(x);
    const read = this.crossAttn!.forward(input, pass, { scale: 1, isCausal: false });
    return tf.add(x, this.dropout.forward(read));
  }
}

function buildAttention(config: Seq2SeqConfig, build: BuildOptions): MultiHeadAttention {
  const { hiddenSize, encoder, initializerRange: factor, attentionDropout: dropout } = config;
  const { numHeads, headDim } = encoder;
  const std = {
    query: factor * (hiddenSize * headDim) ** -0.5, // makes up for the missing scale of the scores
    keyValue: factor * hiddenSize ** -0.5,
    output: factor * (numHeads * headDim) ** -0.5,
  };
  return new MultiHeadAttention(
    { hiddenSize, numHeads, headDim, hasBias: false, std, dropout },
    build,
  );
}

export const isGated = ({ source }: Seq2SeqConfig): boolean =>
  String(source['feedForwardProj']).startsWith('gated-');

function buildMlp(config: Seq2SeqConfig, build: BuildOptions): PlainMlp | GatedMlp {
  const { hiddenSize: C, encoder, activation, initializerRange: factor } = config;
  const { intermediateSize: F } = encoder;
  const [std, outputStd] = [factor * C ** -0.5, factor * F ** -0.5];
  const dropout = config.activationDropout;
  if (!isGated(config)) {
    const sizes = { hiddenSize: C, intermediateSize: F };
    return new PlainMlp({ ...sizes, activation, hasBias: false, std, outputStd, dropout }, build);
  }
  const make = (from: number, to: number, own: number): nn.Linear =>
    buildLinear([from, to], { hasBias: false, std: own }, build);
  const layers = {
    gateProj: make(C, F, std),
    upProj: make(C, F, std),
    downProj: make(F, C, outputStd),
  };
  return new GatedMlp(layers, activation);
}

/** The encoder or the decoder. */
export class T5Stack extends nn.Module implements LayerStack {
  gradientCheckpointing = false;
  readonly config: Seq2SeqConfig;
  readonly isDecoder: boolean;
  relativeBias: nn.Embedding; // [buckets, H]
  layers: T5Layer[];
  norm: nn.RMSNorm;
  dropout: nn.Dropout;

  constructor(config: Seq2SeqConfig, isDecoder: boolean, build: BuildOptions) {
    super();
    const { hiddenSize: C, initializerRange: factor, normEps: eps } = config;
    const { numLayers: length, numHeads } = isDecoder ? config.decoder : config.encoder;
    this.config = config;
    this.isDecoder = isDecoder;
    const buckets = Number(config.source['relativeAttentionNumBuckets']);
    this.relativeBias = buildEmbedding([buckets, numHeads], factor * C ** -0.5, build);
    this.layers = Array.from({ length }, () => new T5Layer(config, isDecoder, build));
    this.norm = new nn.RMSNorm(C, { eps });
    this.dropout = new nn.Dropout(config.dropout, build);
  }

  /** words [B, T, C] → [B, T, C] */
  forward(
    words: Tensor,
    { past, prefix, ...pass }: DecoderPass & Pick<LayerPass, 'attentionMask' | 'source'>,
  ): Tensor {
    const { source } = this.config;
    const bias = relativeBias(
      this.relativeBias,
      { past, length: words.shape[1]! },
      {
        buckets: Number(source['relativeAttentionNumBuckets']),
        maxDistance: Number(source['relativeAttentionMaxDistance']),
        isBidirectional: !this.isDecoder,
      },
    );
    let hidden = this.dropout.forward(words);
    for (const [layer, block] of this.layers.entries()) {
      const inputs = { ...pass, x: hidden, layer, bias, ...(prefix && { prefix: prefix[layer] }) };
      hidden = runLayer(this, inputs, ({ x, ...rest }) => block.forward(x, rest));
    }
    const final = this.dropout.forward(this.norm.forward(hidden));
    traceFinal(final);
    return final;
  }
}

export class T5ForConditionalGeneration extends Seq2SeqLm {
  readonly config: Seq2SeqConfig;
  shared: nn.Embedding; // [V, C]
  encoder: T5Stack;
  decoder: T5Stack;
  lmHead?: nn.Linear; // [V, C]; absent when tied to shared

  constructor(config: Seq2SeqConfig, hasOwnHead: boolean, build: BuildOptions) {
    super();
    const { vocabSize: V, hiddenSize: C, initializerRange: std } = config;
    this.config = config;
    this.shared = buildEmbedding([V, C], std, build);
    this.encoder = new T5Stack(config, false, build);
    this.decoder = new T5Stack(config, true, build);
    if (hasOwnHead) this.lmHead = buildLinear([C, V], { hasBias: false, std }, build);
  }

  embed(ids: Tensor): Tensor {
    return this.shared.forward(ids);
  }

  protected runEncoder(words: Tensor, attentionMask?: Tensor): Tensor {
    return this.encoder.forward(words, { attentionMask, past: 0 });
  }

  protected projectSource(encoded: Tensor): SourceMemory['layers'] {
    return this.decoder.layers.map(({ crossAttn }) => crossAttn!.project(encoded));
  }

  protected runDecoder(words: Tensor, source: SourceMemory, pass: DecoderPass): Tensor {
    const hidden = this.decoder.forward(words, { ...pass, source });
    const scaled = scalesOutput(this.config)
      ? tf.mul(hidden, this.config.hiddenSize ** -0.5)
      : hidden;
    return this.lmHead?.forward(scaled) ?? linear(scaled, this.shared.weight);
  }
}

/** v1.0 scales what goes into the tied output table; Transformers 5 writes so, earlier ones imply it. */
export function scalesOutput({ source }: Seq2SeqConfig): boolean {
  const stated = source['scaleDecoderOutputs'];
  return typeof stated === 'boolean' ? stated : source['tieWordEmbeddings'] !== false;
}
