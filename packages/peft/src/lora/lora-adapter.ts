// The two matrices of LoRA (Hu et al. 2021, section 4.1, arXiv 2106.09685): ΔW = s·B·A with A [R, I] and B [O, R].
// A begins Kaiming-uniform with a = √5, that is uniform within ±1/√I; B begins at zero, so ΔW does too.

import { linear, nn, tf, type Generator, type Tensor, type Variable } from '@llm/tensor';
import type { LayerSettings, LoraConfig } from './lora-config.ts';

/** What the adapter's layers have in common; one object for all of them. */
export interface AdapterInfo {
  readonly config: LoraConfig;
  /** Path in this model → path in the Transformers model. */
  readonly moduleName: (path: string) => string;
  /** Whether it trains when it is active. */
  readonly isTrainable: boolean;
}

export interface AdapterParts {
  readonly settings: LayerSettings;
  readonly info: AdapterInfo;
  readonly generator: Generator;
}

export class LoraAdapter extends nn.Module {
  readonly loraA: Variable; // [R, I]
  readonly loraB: Variable; // [O, R]
  readonly dropout: nn.Dropout;
  readonly scaling: number;
  readonly info: AdapterInfo;

  constructor(
    [outFeatures, inFeatures]: readonly [number, number],
    { settings, info, generator }: AdapterParts,
  ) {
    super();
    const { rank, scaling, dropout } = settings;
    const bound = 1 / Math.sqrt(inFeatures);
    this.loraA = nn.parameter(generator.uniform([rank, inFeatures], -bound, bound));
    this.loraB = nn.parameter(tf.zeros([outFeatures, rank]));
    this.dropout = new nn.Dropout(dropout, { generator });
    this.scaling = scaling;
    this.info = info;
  }

  get rank(): number {
    return this.loraA.shape[0] ?? 0;
  }

  /** s·B(A(dropout(x))): [.., I] → [.., O]. */
  forward(x: Tensor): Tensor {
    const inner = linear(this.dropout.forward(x), this.loraA); // [.., R]
    return linear(tf.mul(inner, this.scaling), this.loraB); // [.., O]
  }

  /** ΔW = s·B·A, [O, I]; the caller owns it. */
  delta(): Tensor {
    return tf.tidy(() => tf.mul(tf.matMul(this.loraB, this.loraA), this.scaling));
  }
}
