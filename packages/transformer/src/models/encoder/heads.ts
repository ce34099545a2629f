// The heads of encoder-only models.
import { linear, nn, tf, type Tensor, type Variable } from '@llm/tensor';
import { activate, type ActivationName } from '../../mlp/activation.ts';
import { buildLinear, type BuildOptions } from '../build.ts';

export type HeadActivation = ActivationName | 'tanh';

const apply = (name: HeadActivation, x: Tensor): Tensor =>
  name === 'tanh' ? tf.tanh(x) : activate(name, x);

export interface DenseOptions {
  readonly hiddenSize: number;
  readonly activation: HeadActivation;
  readonly std: number;
  readonly hasBias: boolean;
  readonly norm: nn.Module & { forward(x: Tensor): Tensor };
}

/** Predicts a token at every position: dense, activation, norm, then the word embeddings again. */
export class MaskedLmHead extends nn.Module {
  readonly activation: HeadActivation;
  dense: nn.Linear; // [C, C]
  norm: DenseOptions['norm'];
  bias: Variable; // [V]

  constructor(options: DenseOptions & { readonly vocabSize: number }, build: BuildOptions) {
    super();
    const { hiddenSize: C, vocabSize } = options;
    this.activation = options.activation;
    this.dense = buildLinear([C, C], options, build);
    this.norm = options.norm;
    this.bias = nn.parameter(tf.zeros([vocabSize]));
  }

  /** hidden [B, T, C], words [V, C] → [B, T, V] */
  forward(hidden: Tensor, words: Variable): Tensor {
    const changed = this.norm.forward(apply(this.activation, this.dense.forward(hidden)));
    return linear(changed, words, this.bias);
  }
}

/** Scores the classes of a whole text from its first token. */
export class SequenceHead extends nn.Module {
  readonly activation: HeadActivation;
  dense: nn.Linear; // [C, C]
  norm?: DenseOptions['norm'];
  dropout: nn.Dropout;
  outProj: nn.Linear; // [labels, C]

  constructor(
    options: Omit<DenseOptions, 'norm'> & {
      readonly norm?: DenseOptions['norm'];
      readonly numLabels: number;
      readonly dropout: number;
    },
    build: BuildOptions,
  ) {
    super();
    const { hiddenSize: C, numLabels, std } = options;
    this.activation = options.activation;
    this.dense = buildLinear([C, C], options, build);
    if (options.norm !== undefined) this.norm = options.norm;
    this.dropout = new nn.Dropout(options.dropout, build);
    this.outProj = buildLinear([C, numLabels], { hasBias: true, std }, build);
  }

  /** pooled [B, C] → [B, labels] */
  forward(pooled: Tensor): Tensor {
    const changed = apply(this.activation, this.dense.forward(pooled));
    return this.outProj.forward(this.dropout.forward(this.norm?.forward(changed) ?? changed));
  }
}

/** hidden [B, T, C] → that of the first token, [B, C]. */
export function firstToken(hidden: Tensor): Tensor {
  const [B = 0, , C = 0] = hidden.shape;
  return tf.reshape(tf.slice(hidden, [0, 0, 0], [B, 1, C]), [B, C]);
}
