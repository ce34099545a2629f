import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { noGradient } from '../autodiff/index.ts';
import { ShapeError } from '../errors/errors.ts';
import { expectPair, reduced, type LossOptions } from './reduction.ts';

const EPSILON = 1e-12; // PyTorch's, added to each squared length

/** For pairs of vectors [.., C] and y [..] of 1 (alike) or −1 (not): 1 − cos, or max(0, cos − margin).
 *  @param options.margin in [−1, 1] @default 0
 *  @returns a scalar, or with `reduction: 'none'` [..]
 *  @throws ShapeError */
export function cosineEmbeddingLoss(
  a: Tensor,
  b: Tensor,
  target: Tensor,
  options: LossOptions & { margin?: number } = {},
): Tensor {
  expectPair('cosineEmbeddingLoss', a, b);
  if (!tf.util.arraysEqual(target.shape, a.shape.slice(0, -1))) {
    throw new ShapeError(
      `cosineEmbeddingLoss: target: expected [${a.shape.slice(0, -1)}], got [${target.shape}]. ` +
        'Give 1 or −1 for each pair of vectors.',
    );
  }
  const { margin = 0, reduction } = options;
  return tf.tidy(() => {
    const length = (x: Tensor) => tf.add(tf.sum(tf.square(x), -1), EPSILON);
    const cosine = tf.div(tf.sum(tf.mul(a, b), -1), tf.sqrt(tf.mul(length(a), length(b))));
    const isAlike = noGradient(() => tf.cast(tf.greater(target, 0), 'float32'));
    const alike = tf.mul(isAlike, tf.sub(1, cosine));
    const different = tf.mul(tf.sub(1, isAlike), tf.relu(tf.sub(cosine, margin)));
    return reduced(tf.add(alike, different), reduction);
  });
}
