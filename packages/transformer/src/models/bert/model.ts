// The bodies of BERT (Devlin et al. 2018), RoBERTa (Liu et al. 2019) and DistilBERT (Sanh et al. 2019):
// learned positions, norms after each sum. They differ in segments and where positions begin. Checked
// against Transformers' classes.
import { nn, scope, ShapeError, tf, type Tensor, type Variable } from '@llm/tensor';
import { buildEmbedding, type BuildOptions } from '../build.ts';
import { PostNormLayer } from '../encoder/post-norm-layer.ts';
import { EncoderBody, type EncoderOptions } from '../encoder/body.ts';
import { runLayer, type LayerStack } from '../run-layer.ts';
import type { EncoderConfig } from '../encoder/config.ts';

export class BertEmbeddings extends nn.Module {
  readonly config: EncoderConfig;
  wordEmbeddings: nn.Embedding; // [V, C]
  positionEmbeddings: nn.Embedding; // [positions, C]
  tokenTypeEmbeddings?: nn.Embedding; // [segments, C]
  norm: nn.LayerNorm;
  dropout: nn.Dropout;

  constructor(config: EncoderConfig, build: BuildOptions) {
    super();
    const { hiddenSize: C, initializerRange: std, typeVocabSize } = config;
    this.config = config;
    this.wordEmbeddings = buildEmbedding([config.vocabSize, C], std, build);
    this.positionEmbeddings = buildEmbedding([config.maxPositionEmbeddings, C], std, build);
    if (typeVocabSize > 0)
      this.tokenTypeEmbeddings = buildEmbedding([typeVocabSize, C], std, build);
    this.norm = new nn.LayerNorm(C, { eps: config.layerNormEps });
    this.dropout = new nn.Dropout(config.hiddenDropout, build);
  }

  /** [B, T] → [B, T, C] */
  forward(inputIds: Tensor, { tokenTypeIds }: EncoderOptions): Tensor {
    const words = this.wordEmbeddings.forward(inputIds);
    const placed = tf.add(words, this.positionEmbeddings.forward(this.#positions(inputIds)));
    const segments = this.tokenTypeEmbeddings?.forward(tokenTypeIds ?? tf.zerosLike(inputIds));
    const sum = segments === undefined ? placed : tf.add(placed, segments);
    return this.dropout.forward(this.norm.forward(sum));
  }

  /** [1 or B, T]. RoBERTa counts from padTokenId + 1 over the tokens that are not padding. */
  #positions(inputIds: Tensor): Tensor {
    const [B = 0, T = 0] = inputIds.shape;
    const { modelType, padTokenId, maxPositionEmbeddings: limit } = this.config;
    const isRoberta = modelType === 'roberta';
    const most = isRoberta ? limit - padTokenId - 1 : limit;
    if (T > most) {
      throw new ShapeError(
        `${modelType}: inputIds: expected at most ${most} tokens, got ${T}. Cut the text.`,
      );
    }
    if (!isRoberta)
      return tf.tensor2d(
        Int32Array.from({ length: T }, (_, i) => i),
        [1, T],
        'int32',
      );
    return tf.tensor2d(robertaPositions(inputIds.dataSync(), T, padTokenId), [B, T], 'int32');
  }
}

function robertaPositions(ids: ArrayLike<number>, length: number, padTokenId: number): Int32Array {
  const positions = new Int32Array(ids.length);
  for (let i = 0, seen = 0; i < ids.length; i++) {
    if (i % length === 0) seen = 0;
    if (ids[i] !== padTokenId) seen += 1;
    positions[i] = padTokenId + (ids[i] === padTokenId ? 0 : seen);
  }
  return positions;
}

export class BertBody extends EncoderBody implements LayerStack {
  gradientCheckpointing = false;
  embeddings: BertEmbeddings;
  layers: PostNormLayer[];

  constructor(config: EncoderConfig, build: BuildOptions) {
    super();
    const length = config.numHiddenLayers;
    this.embeddings = new BertEmbeddings(config, build);
    this.layers = Array.from({ length }, () => new PostNormLayer(config, build));
  }

  get words(): Variable {
    return this.embeddings.wordEmbeddings.weight;
  }

  forward(inputIds: Tensor, options: EncoderOptions): Tensor {
    return scope(() => {
      let hidden = this.embeddings.forward(inputIds, options); // [B, T, C]
      const { attentionMask } = options;
      for (const layer of this.layers) {
        const inputs = { x: hidden, attentionMask };
        hidden = runLayer(this, inputs, ({ x, ...rest }) => layer.forward(x, rest.attentionMask));
      }
      return hidden;
    });
  }
}
