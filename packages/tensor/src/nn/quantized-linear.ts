import type * as tf from '@tensorflow/tfjs-core';
import { quantizedLinear } from '../ops/quantized.ts';
import type { QuantizedWeight } from '../quantized/quantized-weight.ts';
import { Module } from './module.ts';

/** y = x·Wᵀ + b with a quantised weight, which is no parameter: it does not train, and no state
 *  dictionary holds it. Stands where a Linear stands. */
export class QuantizedLinear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  readonly weight: QuantizedWeight; // [O, I]
  readonly bias?: tf.Variable; // [O]
  /** How it multiplies in evaluation (see quantizedLinear); in training always in float32. */
  activations: 'int8' | 'float32' = 'int8';

  /** Takes the weight and the bias over: `dispose` frees them. */
  constructor(weight: QuantizedWeight, bias?: tf.Variable) {
    super();
    [this.outFeatures, this.inFeatures] = weight.shape;
    this.weight = weight;
    if (bias !== undefined) this.bias = bias;
  }

  /** [.., I] → [.., O]; the caller owns the result. */
  forward(x: tf.Tensor): tf.Tensor {
    const activations = this.training ? 'float32' : this.activations;
    return quantizedLinear(x, this.weight, this.bias, { activations });
  }
}
