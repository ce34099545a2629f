import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { expectDtype } from './expect.ts';

/**
 * The Euclidean norm of all elements of all tensors together, as gradient clipping needs it.
 * @param tensors float32, at least one
 * @returns a scalar, owned by the caller; it has no gradient
 * @throws ShapeError for another dtype
 */
export function globalNorm(tensors: readonly Tensor[]): Scalar {
  if (tensors.length === 0) {
    throw new RangeError('globalNorm: tensors: expected at least one tensor, got none.');
  }
  tensors.forEach((tensor, i) => expectDtype('globalNorm', `tensors[${i}]`, tensor, 'float32'));
  return tf.engine().runKernel<Scalar>('GlobalNorm', Object.fromEntries(tensors.entries()));
}
