/** McCulloch and Pitts 1943, "A logical calculus of the ideas immanent in nervous activity": the first model neuron. It
 *  takes 0s and 1s and gives a 1 when their weighted sum reaches a threshold; nothing is learned.
 *
 *  AND is the weights (1, 1) with threshold 2, OR the same with 1, NOT the weight −1 with threshold 0. No weights
 *  give XOR: w₁ ≥ θ, w₂ ≥ θ and 0 < θ force w₁ + w₂ ≥ θ, where XOR wants 0. Two layers do: (a OR b) AND NOT (a AND b). */
import * as tf from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors/errors.ts';
import { Module } from './module.ts';

/** A McCulloch–Pitts neuron: 1 where Σ wᵢ·xᵢ ≥ threshold, else 0. Positive weights excite, negative ones inhibit. */
export class McCullochPittsNeuron extends Module {
  constructor(
    readonly weights: readonly number[],
    readonly threshold: number,
  ) {
    super();
  }

  /** [.., I] of 0s and 1s → [..], float32; the caller owns the result.
   *  @throws ShapeError */
  forward(x: tf.Tensor): tf.Tensor {
    if (x.shape.at(-1) !== this.weights.length) {
      throw new ShapeError(
        `McCullochPittsNeuron: x: expected [.., ${this.weights.length}], got [${x.shape}]. ` +
          'Give one input for each weight.',
      );
    }
    return tf.tidy(() => {
      const sum = tf.sum(tf.mul(tf.cast(x, 'float32'), tf.tensor1d([...this.weights])), -1);
      return tf.cast(tf.greaterEqual(sum, this.threshold), 'float32');
    });
  }
}
