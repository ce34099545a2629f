// Multi-head attention with a projection each for queries, keys, values and the output (Vaswani et al.
// 2017): the layer that encoders and encoder–decoders share.
import { nn, tf, type Generator, type Tensor } from '@llm/tensor';
import { buildLinear, type BuildOptions } from '../models/build.ts';
import { attend, type AttendOptions, type AttendPass, type Heads } from './attend.ts';

export interface MultiHeadOptions {
  readonly hiddenSize: number;
  readonly numHeads: number;
  /** @default hiddenSize / numHeads */
  readonly headDim?: number;
  readonly hasBias: boolean;
  /** Of the initial weights: one number, or one for each projection. */
  readonly std:
    number | { readonly query: number; readonly keyValue: number; readonly output: number };
  /** Share of the attention weights dropped in training. */
  readonly dropout: number;
}

export interface MultiHeadPass extends AttendPass {
  /** Keys and values projected before, as of an encoder's output: only the queries are new. */
  readonly memory?: Pick<Heads, 'keys' | 'values'>;
}

export class MultiHeadAttention extends nn.Module {
  readonly numHeads: number;
  readonly dropout: number;
  readonly generator: Generator;
  qProj: nn.Linear; // [H·D, C]
  kProj: nn.Linear; // [H·D, C]
  vProj: nn.Linear; // [H·D, C]
  outProj: nn.Linear; // [C, H·D]

  constructor(options: MultiHeadOptions, build: BuildOptions) {
    super();
    const { hiddenSize: C, numHeads, headDim = C / numHeads } = options;
    const inner = numHeads * headDim;
    this.numHeads = numHeads;
    this.dropout = options.dropout;
    this.generator = build.generator;
    const { hasBias, std } = options;
    const { query, keyValue, output } =
      typeof std === 'number' ? { query: std, keyValue: std, output: std } : std;
    this.qProj = buildLinear([C, inner], { hasBias, std: query }, build);
    this.kProj = buildLinear([C, inner], { hasBias, std: keyValue }, build);
    this.vProj = buildLinear([C, inner], { hasBias, std: keyValue }, build);
    this.outProj = buildLinear([inner, C], { hasBias, std: output }, build);
  }

  /** [B, T, C] → [B, T, C] */
  forward(x: Tensor, pass: MultiHeadPass, options: AttendOptions): Tensor {
    const { keys, values } = pass.memory ?? this.project(x);
    const queries = this.#split(this.qProj.forward(x)); // [B, T, H, D]
    const dropout = this.training ? this.dropout : 0;
    const { generator } = this;
    const isCross = pass.memory !== undefined;
    const heads = { queries, keys, values };
    const mixed = attend(heads, { ...pass, isCross }, { ...options, dropout, generator });
    const [B = 0, T = 0] = x.shape;
    return this.outProj.forward(tf.reshape(mixed, [B, T, -1]));
  }

  /** Keys and values of x [B, S, C]: each [B, S, H, D]. */
  project(x: Tensor): Pick<Heads, 'keys' | 'values'> {
    return {
      keys: this.#split(this.kProj.forward(x)),
      values: this.#split(this.vProj.forward(x)),
    };
  }

  #split(x: Tensor): Tensor {
    const [B = 0, T = 0, inner = 0] = x.shape;
    return tf.reshape(x, [B, T, this.numHeads, inner / this.numHeads]);
  }
}
