// Layers whose weights are yet to come in the form that a file has them: places that a loader fills with
// Module.setModule, so that no float32 weight is ever made.
import { nn, tf, type Tensor, type Variable } from '@llm/tensor';

function refuse(): never {
  throw new Error('loadModel: a layer was used before its weights were loaded.');
}

/** Stands for a Linear. */
export class PendingLinear extends nn.Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly bias?: Variable; // [O]

  constructor(inFeatures: number, outFeatures: number, hasBias: boolean) {
    super();
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    if (hasBias) this.bias = nn.parameter(tf.zeros([outFeatures]));
  }

  get shape(): [number, number] {
    return [this.outFeatures, this.inFeatures];
  }

  get weight(): Variable {
    return refuse();
  }

  forward(_x: Tensor): Tensor {
    return refuse();
  }
}

/** Stands for an Embedding. */
export class PendingEmbedding extends nn.Module {
  constructor(readonly shape: [rows: number, columns: number]) {
    super();
  }

  get weight(): Variable {
    return refuse();
  }

  forward(_ids: Tensor): Tensor {
    return refuse();
  }

  project(_x: Tensor): Tensor {
    return refuse();
  }
}
