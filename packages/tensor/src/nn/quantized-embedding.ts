import type * as tf from '@tensorflow/tfjs-core';
import { quantizedEmbedding, quantizedLinear } from '../ops/quantized.ts';
import type { QuantizedWeight } from '../quantized/quantized-weight.ts';
import { Module } from './module.ts';

/** A quantised table of vectors, looked up by id; see QuantizedLinear. Stands where an Embedding stands. */
export class QuantizedEmbedding extends Module {
  readonly weight: QuantizedWeight; // [V, C]
  /** How `project` multiplies in evaluation; in training always in float32. */
  activations: 'int8' | 'float32' = 'int8';

  /** Takes the weight over: `dispose` frees it. */
  constructor(weight: QuantizedWeight) {
    super();
    this.weight = weight;
  }

  /** Ids int32 [..] → [.., C]; the caller owns the result. */
  forward(ids: tf.Tensor): tf.Tensor {
    return quantizedEmbedding(this.weight, ids);
  }

  /** x [.., C] → [.., V], x·Wᵀ: the output layer of a model whose embeddings are tied. */
  project(x: tf.Tensor): tf.Tensor {
    const activations = this.training ? 'float32' : this.activations;
    return quantizedLinear(x, this.weight, undefined, { activations });
  }
}
