// LoRA of a linear layer: ΔW = s·B·A with A [R, I] and B [O, R].

import {
  linear,
  nn,
  quantizedLinear,
  QuantizedWeight,
  stopGradient,
  tf,
  type Tensor,
  type Variable,
} from '@llm/tensor';
import type { Layer } from '../adapter/layer-part.ts';
import { layerKey } from '../format/keys.ts';
import { rowNorms } from './dora.ts';
import { initialMatrices } from './initialize.ts';
import { pissaIterations, takesFromWeight } from './lora-config.ts';
import { LoraPart, type LoraPartOptions } from './lora-part.ts';

export class LoraLinear extends LoraPart {
  readonly loraA: Variable; // [R, I]
  readonly loraB: Variable; // [O, R]
  readonly magnitude: Variable | undefined; // [O]
  /** What A and B were at first, where the adapter has taken a part of the weight over (PiSSA, OLoRA). PEFT subtracts
   *  s·B·A from the weight then; here the weight stays whole, for other adapters and for the base as a reference. */
  readonly taken: { a: Variable; b: Variable } | undefined;
  /** ‖W_o‖², [O], with DoRA. */
  readonly squares: Tensor | undefined;

  constructor(layer: Layer, options: LoraPartOptions) {
    super(layer, options);
    const { init } = options.info.config;
    const weight = layer.weight as Variable | QuantizedWeight;
    const shape = weight.shape as readonly [number, number];
    const { rank, scaling } = this;
    const { generator } = options;
    const start = { init, rank: rank, scaling, generator };
    const { a, b } = initialMatrices(shape, () => floatCopy(weight), start);
    if (takesFromWeight(init)) {
      this.taken = { a: nn.buffer(tf.clone(a)), b: nn.buffer(tf.clone(b)) };
    }
    this.loraA = nn.parameter(a);
    this.loraB = nn.parameter(b);
    if (options.info.config.useDora) {
      this.squares = tf.keep(tf.tidy(() => tf.sum(tf.square(floatCopy(weight)), 1)));
      this.magnitude = nn.parameter(tf.tidy(() => this.norms(layer)));
    }
  }

  protected readonly matrixKeys = ['lora_A.weight', 'lora_B.weight'] as const;

  protected product(x: Tensor): Tensor {
    const { taken } = this;
    const y = low(x, this.loraA, this.loraB, this.scaling);
    return taken ? tf.sub(y, low(x, taken.a, taken.b, this.initialScaling)) : y;
  }

  /** With a randomised beginning, which nobody could repeat, the plain LoRA of twice the rank that does the same: s·B·A −
   *  s·B₀·A₀ = s·[B, −B₀]·[A; A₀]. */
  override replacedEntries(moduleName: string): [string, Tensor][] {
    const { taken, loraA, loraB, matrixKeys } = this;
    if (!taken || pissaIterations(this.info.config.init) === undefined) return [];
    return tf.tidy(() => [
      [layerKey(moduleName, matrixKeys[0]), tf.concat([loraA, taken.a], 0)], // [2R, I]
      [layerKey(moduleName, matrixKeys[1]), tf.concat([loraB, tf.neg(taken.b)], 1)], // [O, 2R]
    ]) as [string, Tensor][];
  }

  delta(): Tensor {
    const { loraA, loraB, taken } = this;
    return tf.tidy(() => {
      const change = tf.mul(tf.matMul(loraB, loraA), this.scaling);
      if (!taken) return change;
      return tf.sub(change, tf.mul(tf.matMul(taken.b, taken.a), this.initialScaling));
    });
  }

  protected norms({ weight }: Layer): Tensor {
    const a = stopGradient(this.loraA);
    const cross =
      weight instanceof QuantizedWeight
        ? quantizedLinear(a, weight, undefined, { activations: 'float32' })
        : linear(a, weight as Variable); // [R, O]
    const b = stopGradient(this.loraB);
    return rowNorms({ squares: this.squares!, cross, a, b, scaling: this.scaling });
  }

  protected alongWeight(factors: Tensor): Tensor {
    return tf.expandDims(factors, 1); // [O, 1]
  }
}

/** s·B(A(x)), scaled where it is narrow. */
function low(x: Tensor, a: Tensor, b: Tensor, scaling: number): Tensor {
  return linear(tf.mul(linear(x, a), scaling), b);
}

function floatCopy(weight: Variable | QuantizedWeight): Tensor {
  return weight instanceof QuantizedWeight ? weight.dequantize() : weight;
}
