import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectDtype, expectShape } from './expect.ts';

/**
 * Looks up rows of a table.
 * @param weight [V, C] float32
 * @param ids [..] int32, each from 0 to V − 1
 * @returns [.., C], owned by the caller
 * @throws ShapeError, also for an id outside the table
 */
export function embedding(weight: Tensor, ids: Tensor): Tensor {
  expectDtype('embedding', 'weight', weight, 'float32');
  expectShape('embedding', 'weight', weight, [null, null], '[V, C]');
  expectDtype('embedding', 'ids', ids, 'int32');
  return tf.engine().runKernel<Tensor>('Embedding', { weight, ids });
}
