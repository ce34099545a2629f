// A bias that trains in a layer which is not adapted otherwise (`bias: 'all'`). The layer's own bias stays what it was.

import { nn, tf, type Tensor, type Variable } from '@llm/tensor';
import { added, LayerPart, type Layer, type ParameterValues } from '../adapter/layer-part.ts';
import type { AdapterInfo } from '../adapter/method.ts';
import { layerKey } from '../format/keys.ts';

/** A layer's bias as an adapter trains it, beside what it was. */
export class TrainedBias extends nn.Module {
  readonly value: Variable; // [O]
  readonly initial: Tensor; // [O]

  constructor(bias: Variable) {
    super();
    this.value = nn.parameter(tf.clone(bias));
    this.initial = tf.keep(tf.clone(bias));
  }

  /** What is to be added to the layer's output, [O]. */
  change(): Tensor {
    return tf.sub(this.value, this.initial);
  }
}

export class BiasPart extends LayerPart {
  readonly bias: TrainedBias;
  readonly info: AdapterInfo;

  constructor(layer: Layer & { readonly bias: Variable }, info: AdapterInfo) {
    super();
    this.info = info;
    this.bias = new TrainedBias(layer.bias);
  }

  forward(x: Tensor, base: (x: Tensor) => Tensor): Tensor {
    return tf.add(base(x), this.bias.change());
  }

  mergedValues({ bias }: Layer): ParameterValues {
    return added([[bias!, this.bias.change()]]);
  }

  unmergedValues({ bias }: Layer): ParameterValues {
    return added([[bias!, this.bias.change()]], -1);
  }

  entries(moduleName: string): [string, Variable][] {
    return [[layerKey(moduleName, 'bias'), this.bias.value]];
  }
}

/** Whether a bias is added to what a module's forward gives; a module with another use of one has another name for it. */
export function hasBias(module: nn.Module): module is Layer & { readonly bias: Variable } {
  const { bias, forward } = module as { bias?: unknown; forward?: unknown };
  return bias instanceof tf.Variable && bias.rank === 1 && typeof forward === 'function';
}
