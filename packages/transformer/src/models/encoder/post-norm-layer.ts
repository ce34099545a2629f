// The encoder layer of the original Transformer (Vaswani et al. 2017), of BERT and of BART: attention,
// then MLP, each added to its input and normed after the sum.
import { nn, scope, tf, type Tensor } from '@llm/tensor';
import { MultiHeadAttention } from '../../attention/multi-head-attention.ts';
import type { ActivationName } from '../../mlp/activation.ts';
import { PlainMlp } from '../../mlp/plain-mlp.ts';
import type { BuildOptions } from '../build.ts';

export interface PostNormOptions {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly numAttentionHeads: number;
  readonly hiddenAct: ActivationName;
  readonly layerNormEps: number;
  readonly initializerRange: number;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  /** @default 0 */
  readonly activationDropout?: number;
}

export class PostNormLayer extends nn.Module {
  selfAttn: MultiHeadAttention;
  selfAttnNorm: nn.LayerNorm;
  mlp: PlainMlp;
  mlpNorm: nn.LayerNorm;
  dropout: nn.Dropout;

  constructor(config: PostNormOptions, build: BuildOptions) {
    super();
    const { hiddenSize, intermediateSize, numAttentionHeads: numHeads } = config;
    const shared = { hiddenSize, hasBias: true, std: config.initializerRange };
    const dropout = config.attentionDropout;
    this.selfAttn = new MultiHeadAttention({ ...shared, numHeads, dropout }, build);
    this.selfAttnNorm = new nn.LayerNorm(hiddenSize, { eps: config.layerNormEps });
    const { hiddenAct: activation, activationDropout } = config;
    this.mlp = new PlainMlp(
      { ...shared, intermediateSize, activation, dropout: activationDropout ?? 0 },
      build,
    );
    this.mlpNorm = new nn.LayerNorm(hiddenSize, { eps: config.layerNormEps });
    this.dropout = new nn.Dropout(config.hiddenDropout, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor, attentionMask: Tensor | undefined): Tensor {
    return scope(() => {
      const mixed = this.selfAttn.forward(x, { attentionMask, layer: 0 }, { isCausal: false });
      const attended = this.selfAttnNorm.forward(tf.add(x, this.dropout.forward(mixed)));
      const changed = this.dropout.forward(this.mlp.forward(attended));
      return this.mlpNorm.forward(tf.add(attended, changed));
    });
  }
}
