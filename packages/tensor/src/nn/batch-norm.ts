import * as tf from '@tensorflow/tfjs-core';
import { noGradient } from '../autodiff/index.ts';
import { buffer } from './buffer.ts';
import { Module } from './module.ts';
import { parameter } from './parameter.ts';

/** How a batch normalisation works. */
export interface BatchNormOptions {
  /** Added to the variance. @default 1e-5 */
  eps?: number;
  /** The share of each batch in the running statistics. @default 0.1 */
  momentum?: number;
  /** Whether to learn a scale and a shift for each channel. @default true */
  isAffine?: boolean;
}

/** Batch normalisation of each channel, the last axis (Ioffe and Szegedy 2015, arXiv 1502.03167). In training by the
 *  batch's own mean and variance, which also move the running ones; in evaluation by the running ones. As
 *  torch.nn.BatchNorm1d and BatchNorm2d, but for channels last. */
export class BatchNorm extends Module {
  readonly weight?: tf.Variable; // [C]
  readonly bias?: tf.Variable; // [C]
  readonly runningMean: tf.Variable; // [C]
  readonly runningVar: tf.Variable; // [C]
  readonly numBatchesTracked: tf.Variable; // [], int32
  readonly eps: number;
  readonly momentum: number;

  constructor(channels: number, options: BatchNormOptions = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, isAffine = true } = options;
    this.eps = eps;
    this.momentum = momentum;
    if (isAffine) {
      this.weight = parameter(tf.ones([channels]));
      this.bias = parameter(tf.zeros([channels]));
    }
    this.runningMean = buffer(tf.zeros([channels]));
    this.runningVar = buffer(tf.ones([channels]));
    this.numBatchesTracked = buffer(tf.scalar(0, 'int32'));
  }

  /** [.., C] → [.., C]; the caller owns the result. */
  forward(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => {
      const axes = x.shape.slice(0, -1).map((_, d) => d);
      const mean = this.training ? tf.mean(x, axes) : this.runningMean;
      const centred = tf.sub(x, mean);
      const variance = this.training ? tf.mean(tf.square(centred), axes) : this.runningVar;
      if (this.training) noGradient(() => this.#track(mean, variance, x.size / mean.size));
      const scale = tf.rsqrt(tf.add(variance, this.eps));
      const factor = this.weight === undefined ? scale : tf.mul(scale, this.weight);
      const normalised = tf.mul(centred, factor);
      return this.bias === undefined ? normalised : tf.add(normalised, this.bias);
    });
  }

  /** Moves the running statistics; the variance that they keep is the unbiased one. */
  #track(mean: tf.Tensor, variance: tf.Tensor, count: number): void {
    const unbiased = tf.mul(variance, count / Math.max(1, count - 1));
    const moved = (running: tf.Variable, batch: tf.Tensor) =>
      tf.add(tf.mul(running, 1 - this.momentum), tf.mul(batch, this.momentum));
    this.runningMean.assign(moved(this.runningMean, mean));
    this.runningVar.assign(moved(this.runningVar, unbiased));
    this.numBatchesTracked.assign(tf.add(this.numBatchesTracked, tf.scalar(1, 'int32')));
  }
}
