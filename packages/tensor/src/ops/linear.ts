import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectDtype, expectFeatures, expectShape } from './expect.ts';

/**
 * y = x · Wᵀ + b.
 * @param x [.., I] float32
 * @param weight [O, I] float32 (PyTorch's layout)
 * @param bias [O] float32
 * @returns [.., O], owned by the caller
 * @throws ShapeError
 */
export function linear(x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  expectFeatures('linear', 'x', x);
  expectDtype('linear', 'weight', weight, 'float32');
  expectShape('linear', 'weight', weight, [null, x.shape[x.rank - 1]!], '[O, I]');
  if (!bias) return tf.engine().runKernel<Tensor>('Linear', { x, weight });
  expectDtype('linear', 'bias', bias, 'float32');
  expectShape('linear', 'bias', bias, [weight.shape[0]!], '[O]');
  return tf.engine().runKernel<Tensor>('Linear', { x, weight, bias });
}
