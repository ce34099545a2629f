// The feed-forward layer of the original Transformer: fc2(act(fc1(x))).
import { nn, type Tensor } from '@llm/tensor';
import { buildLinear, type BuildOptions } from '../models/build.ts';
import { activate, type ActivationName } from './activation.ts';

export interface PlainMlpOptions {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly activation: ActivationName;
  readonly hasBias: boolean;
  readonly std: number;
  /** Of the second matrix. @default std */
  readonly outputStd?: number;
  /** Share of the inner activations dropped in training. @default 0 */
  readonly dropout?: number;
}

export class PlainMlp extends nn.Module {
  readonly activation: ActivationName;
  fc1: nn.Linear; // [F, C]
  fc2: nn.Linear; // [C, F]
  dropout: nn.Dropout;

  constructor(options: PlainMlpOptions, build: BuildOptions) {
    super();
    const { hiddenSize: C, intermediateSize: F, dropout = 0 } = options;
    this.activation = options.activation;
    this.fc1 = buildLinear([C, F], options, build);
    const { hasBias, outputStd = options.std } = options;
    this.fc2 = buildLinear([F, C], { hasBias, std: outputStd }, build);
    this.dropout = new nn.Dropout(dropout, build);
  }

  /** [.., C] → [.., C] */
  forward(x: Tensor): Tensor {
    return this.fc2.forward(this.dropout.forward(activate(this.activation, this.fc1.forward(x))));
  }
}
