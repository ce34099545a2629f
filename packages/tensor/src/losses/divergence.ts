import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { noGradient } from '../autodiff/index.ts';
import { expectPair, reduced, type Reduction } from './reduction.ts';

/** How the divergence is summed and what the target is. */
export interface KlDivergenceOptions {
  /** 'batchMean' is the sum divided by the first axis: the divergence of a batch of distributions. @default 'mean' */
  reduction?: Reduction | 'batchMean';
  /** Whether the target is log-probabilities. @default false */
  isLogTarget?: boolean;
}

/** Kullback–Leibler divergence, target·(log target − input), of the target's distribution from the input's, which is given
 *  by log-probabilities; 0 where the target is 0. As torch.nn.functional.kl_div. @throws ShapeError */
export function klDivergence(
  input: Tensor,
  target: Tensor,
  options: KlDivergenceOptions = {},
): Tensor {
  expectPair('klDivergence', input, target);
  const { reduction = 'mean', isLogTarget = false } = options;
  return tf.tidy(() => {
    const losses = isLogTarget
      ? tf.mul(tf.exp(target), tf.sub(target, input))
      : tf.mul(target, tf.sub(tf.log(positive(target)), input));
    if (reduction !== 'batchMean') return reduced(losses, reduction);
    return tf.div(tf.sum(losses), input.shape[0] ?? 1);
  });
}

/** 1 in place of 0, whose logarithm is multiplied by 0 anyway. */
function positive(target: Tensor): Tensor {
  const isPositive = noGradient(() => tf.greater(target, 0));
  return tf.where(isPositive, target, tf.onesLike(target));
}
