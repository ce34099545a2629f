import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectFeatures, expectPerFeature } from './expect.ts';

/**
 * Layer normalisation over the last axis: (x − mean) / √(variance + eps) · weight + bias, with the
 * biased variance. Ba, Kiros and Hinton 2016 (arXiv 1607.06450).
 * @param x [.., C] float32
 * @param weight [C] float32
 * @param bias [C] float32
 * @returns [.., C], owned by the caller
 * @throws ShapeError
 */
export function layerNorm(x: Tensor, weight: Tensor, bias: Tensor, eps = 1e-5): Tensor {
  expectFeatures('layerNorm', 'x', x);
  expectPerFeature('layerNorm', 'weight', weight, x);
  expectPerFeature('layerNorm', 'bias', bias, x);
  return tf.engine().runKernel<Tensor>('LayerNorm', { x, weight, bias }, { eps });
}

/**
 * Root-mean-square normalisation over the last axis: x / √(mean(x²) + eps) · weight.
 * Zhang and Sennrich 2019 (arXiv 1910.07467).
 * @param x [.., C] float32
 * @param weight [C] float32
 * @returns [.., C], owned by the caller
 * @throws ShapeError
 */
export function rmsNorm(x: Tensor, weight: Tensor, eps = 1e-6): Tensor {
  expectFeatures('rmsNorm', 'x', x);
  expectPerFeature('rmsNorm', 'weight', weight, x);
  return tf.engine().runKernel<Tensor>('RmsNorm', { x, weight }, { eps });
}
