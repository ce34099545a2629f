// The two matrices of LoRA (Hu et al. 2021, section 4.1, arXiv 2106.09685): ΔW = s·B·A with A [R, I] and B [O, R].
// A begins Kaiming-uniform with a = √5, that is uniform within ±1/√I; B begins at zero, so ΔW does too.

import { linear, nn, tf, type Generator, type Tensor, type Variable } from '@llm/tensor';
import { LayerPart } from '../adapter/adapted-layer.ts';
import type { AdapterInfo } from '../adapter/method.ts';
import { layerKey } from '../format/keys.ts';
import type { LayerSettings, LoraConfig } from './lora-config.ts';

export interface LoraPartOptions {
  readonly settings: LayerSettings;
  readonly info: AdapterInfo<LoraConfig>;
  readonly generator: Generator;
}

export class LoraPart extends LayerPart {
  readonly loraA: Variable; // [R, I]
  readonly loraB: Variable; // [O, R]
  readonly dropout: nn.Dropout;
  readonly scaling: number;
  readonly info: AdapterInfo<LoraConfig>;

  constructor(
    [outFeatures, inFeatures]: readonly [number, number],
    { settings, info, generator }: LoraPartOptions,
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

  /** base(x) + s·B(A(dropout(x))): [.., I] → [.., O]. */
  forward(x: Tensor, base: (x: Tensor) => Tensor): Tensor {
    const inner = linear(this.dropout.forward(x), this.loraA); // [.., R]
    return tf.add(base(x), linear(tf.mul(inner, this.scaling), this.loraB)); // [.., O]
  }

  /** ΔW = s·B·A, [O, I]; the caller owns it. */
  delta(): Tensor {
    return tf.tidy(() => tf.mul(tf.matMul(this.loraB, this.loraA), this.scaling));
  }

  entries(moduleName: string): [string, Variable][] {
    return [
      [layerKey(moduleName, 'lora_A.weight'), this.loraA],
      [layerKey(moduleName, 'lora_B.weight'), this.loraB],
    ];
  }
}
