import * as tf from '@tensorflow/tfjs-core';
import { layerNorm } from '../ops/norm.ts';
import { Module } from './module.ts';
import { parameter } from './parameter.ts';

/** Layer normalisation over the last axis (Ba, Kiros, Hinton 2016), weight 1 and bias 0 at first. */
export class LayerNorm extends Module {
  readonly weight: tf.Variable; // [C]
  readonly bias: tf.Variable; // [C]
  readonly eps: number;

  constructor(hiddenSize: number, options: { eps?: number } = {}) {
    super();
    this.eps = options.eps ?? 1e-5;
    this.weight = parameter(tf.ones([hiddenSize]));
    this.bias = parameter(tf.zeros([hiddenSize]));
  }

  /** [.., C] → [.., C]; the caller owns the result. */
  forward(x: tf.Tensor): tf.Tensor {
    return layerNorm(x, this.weight, this.bias, this.eps);
  }
}
