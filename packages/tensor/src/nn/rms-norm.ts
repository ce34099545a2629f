import * as tf from '@tensorflow/tfjs-core';
import { rmsNorm } from '../ops/norm.ts';
import { Module } from './module.ts';
import { parameter } from './parameter.ts';

/** Root-mean-square normalisation over the last axis (Zhang and Sennrich 2019), weight 1 at first. */
export class RMSNorm extends Module {
  readonly weight: tf.Variable; // [C]
  readonly eps: number;

  constructor(hiddenSize: number, options: { eps?: number } = {}) {
    super();
    this.eps = options.eps ?? 1e-6;
    this.weight = parameter(tf.ones([hiddenSize]));
  }

  /** [.., C] → [.., C]; the caller owns the result. */
  forward(x: tf.Tensor): tf.Tensor {
    return rmsNorm(x, this.weight, this.eps);
  }
}
