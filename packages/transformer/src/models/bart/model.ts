// BART (Lewis et al. 2019) and the original Transformer (Vaswani et al. 2017) as Marian trains it: norms
// after each sum. BART's positions are learned and its embeddings normed; the original's positions are
// sines and its embeddings scaled by √C. Checked against Transformers' BartForConditionalGeneration
// and MarianMTModel.
import { linear, nn, scope, ShapeError, tf, type Tensor } from '@llm/tensor';
import { MultiHeadAttention } from '../../attention/multi-head-attention.ts';
import { PlainMlp } from '../../mlp/plain-mlp.ts';
import { sinusoidalPositions } from '../../position/sinusoidal.ts';
import { buildEmbedding, type BuildOptions } from '../build.ts';
import { PostNormLayer } from '../encoder/post-norm-layer.ts';
import type { Seq2SeqConfig, StackConfig } from '../seq2seq/config.ts';
import { Seq2SeqLm } from '../seq2seq/seq2seq-lm.ts';
import type { DecodeOptions, DecoderPass, SourceMemory } from '../seq2seq/seq2seq-lm.ts';
import type { KeysAndValues } from '../soft-prompt.ts';
import { runLayer, type LayerStack } from '../run-layer.ts';

const POSITION_OFFSET = 2; // BART's tables begin with two rows that stand for no position

const layerOptions = (config: Seq2SeqConfig, stack: StackConfig) => ({
  hiddenSize: config.hiddenSize,
  intermediateSize: stack.intermediateSize,
  numAttentionHeads: stack.numHeads,
  hiddenAct: config.activation,
  layerNormEps: config.normEps,
  initializerRange: config.initializerRange,
  hiddenDropout: config.dropout,
  attentionDropout: config.attentionDropout,
  activationDropout: config.activationDropout,
});

/** Places and norms word embeddings. */
class BartEmbeddings extends nn.Module {
  readonly config: Seq2SeqConfig;
  positions?: nn.Embedding; // [2 + positions, C]; absent where they are sines
  norm?: nn.LayerNorm;
  dropout: nn.Dropout;

  constructor(config: Seq2SeqConfig, build: BuildOptions) {
    super();
    const { hiddenSize: C, maxPositionEmbeddings, initializerRange: std } = config;
    this.config = config;
    if (config.modelType === 'bart') {
      this.positions = buildEmbedding([maxPositionEmbeddings + POSITION_OFFSET, C], std, build);
      this.norm = new nn.LayerNorm(C, { eps: config.normEps });
    }
    this.dropout = new nn.Dropout(config.dropout, build);
  }

  /** words [B, T, C] of the tokens from position `past` on → [B, T, C] */
  forward(words: Tensor, past: number): Tensor {
    const placed = tf.add(words, this.#positions(past, words.shape[1]!));
    return this.dropout.forward(this.norm?.forward(placed) ?? placed);
  }

  /** [1, T, C] */
  #positions(past: number, length: number): Tensor {
    const { maxPositionEmbeddings: limit, hiddenSize: C, modelType } = this.config;
    if (past + length > limit) {
      throw new ShapeError(
        `${modelType}: inputIds: expected at most ${limit} positions, got ${past + length}. Shorten the text.`,
      );
    }
    if (this.positions === undefined) {
      const table = sinusoidalPositions(past + length, C);
      return tf.tensor3d(table.subarray(past * C), [1, length, C]);
    }
    const ids = Int32Array.from({ length }, (_, i) => POSITION_OFFSET + past + i);
    return this.positions.forward(tf.tensor2d(ids, [1, length], 'int32'));
  }
}

export class BartDecoderLayer extends nn.Module {
  selfAttn: MultiHeadAttention;
  selfAttnNorm: nn.LayerNorm;
  crossAttn: MultiHeadAttention;
  crossAttnNorm: nn.LayerNorm;
  mlp: PlainMlp;
  mlpNorm: nn.LayerNorm;
  dropout: nn.Dropout;

  constructor(config: Seq2SeqConfig, build: BuildOptions) {
    super();
    const { hiddenSize, decoder, activation, normEps: eps } = config;
    const shared = { hiddenSize, hasBias: true, std: config.initializerRange };
    const attention = {
      ...shared,
      numHeads: decoder.numHeads,
      dropout: config.attentionDropout,
    };
    this.selfAttn = new MultiHeadAttention(attention, build);
    this.selfAttnNorm = new nn.LayerNorm(hiddenSize, { eps });
    this.crossAttn = new MultiHeadAttention(attention, build);
    this.crossAttnNorm = new nn.LayerNorm(hiddenSize, { eps });
    const { intermediateSize } = decoder;
    const dropout = config.activationDropout;
    this.mlp = new PlainMlp({ ...shared, intermediateSize, activation, dropout }, build);
    this.mlpNorm = new nn.LayerNorm(hiddenSize, { eps });
    this.dropout = new nn.Dropout(config.dropout, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(
    x: Tensor,
    layer: number,
    source: SourceMemory,
    { kvCache, prefix }: DecodeOptions & { readonly prefix?: KeysAndValues },
  ): Tensor {
    return scope(() => {
      const own = this.selfAttn.forward(x, { layer, kvCache, prefix }, { isCausal: true });
      const attended = this.selfAttnNorm.forward(tf.add(x, this.dropout.forward(own)));
      const memory = source.layers[layer]!;
      const { attentionMask } = source;
      const cross = { layer, memory, attentionMask };
      const read = this.crossAttn.forward(attended, cross, { isCausal: false });
      const informed = this.crossAttnNorm.forward(tf.add(attended, this.dropout.forward(read)));
      const changed = this.dropout.forward(this.mlp.forward(informed));
      return this.mlpNorm.forward(tf.add(informed, changed));
    });
  }
}

export class BartForConditionalGeneration extends Seq2SeqLm implements LayerStack {
  gradientCheckpointing = false;
  readonly config: Seq2SeqConfig;
  shared: nn.Embedding; // [V, C]: of both sides, and of the output
  encoder: { embeddings: BartEmbeddings; layers: PostNormLayer[] };
  decoder: { embeddings: BartEmbeddings; layers: BartDecoderLayer[] };
  /** [1, V], not trained. */
  finalLogitsBias: Tensor;

  constructor(config: Seq2SeqConfig, build: BuildOptions) {
    super();
    const { vocabSize: V, hiddenSize: C, initializerRange: std, encoder, decoder } = config;
    this.config = config;
    this.shared = buildEmbedding([V, C], std, build);
    const options = layerOptions(config, encoder);
    this.encoder = {
      embeddings: new BartEmbeddings(config, build),
      layers: Array.from({ length: encoder.numLayers }, () => new PostNormLayer(options, build)),
    };
    this.decoder = {
      embeddings: new BartEmbeddings(config, build),
      layers: Array.from({ length: decoder.numLayers }, () => new BartDecoderLayer(config, build)),
    };
    this.finalLogitsBias = tf.keep(tf.zeros([1, V]));
  }

  embed(ids: Tensor): Tensor {
    const { source, hiddenSize: C } = this.config;
    const words = this.shared.forward(ids);
    return source['scaleEmbedding'] === true ? tf.mul(words, Math.sqrt(C)) : words;
  }

  protected runEncoder(words: Tensor, attentionMask?: Tensor): Tensor {
    let hidden = this.encoder.embeddings.forward(words, 0);
    for (const layer of this.encoder.layers) {
      const inputs = { x: hidden, attentionMask };
      hidden = runLayer(this, inputs, ({ x, ...rest }) => layer.forward(x, rest.attentionMask));
    }
    return hidden;
  }

  protected projectSource(encoded: Tensor): SourceMemory['layers'] {
    return this.decoder.layers.map(({ crossAttn }) => crossAttn.project(encoded));
  }

  protected runDecoder(words: Tensor, memory: SourceMemory, pass: DecoderPass): Tensor {
    const { past, prefix, kvCache } = pass;
    let hidden = this.decoder.embeddings.forward(words, past);
    for (const [i, layer] of this.decoder.layers.entries()) {
      const inputs = { x: hidden, memory, kvCache, ...(prefix && { prefix: prefix[i] }) };
      hidden = runLayer(this, inputs, ({ x, ...rest }) => layer.forward(x, i, rest.memory, rest));
    }
    return tf.add(linear(hidden, this.shared.weight), this.finalLogitsBias);
  }
}
