import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectDtype, expectShape } from './expect.ts';

/**
 * a + b for gradients: takes both over, so the caller must use neither again, and adds in place
 * where one of them shares its memory with nobody. It has no gradient.
 * @param a [..] float32
 * @param b of a's shape, float32, another tensor than a
 * @returns [..], owned by the caller; a or b itself, or a new tensor
 * @throws ShapeError
 */
export function addInto(a: Tensor, b: Tensor): Tensor {
  expectDtype('addInto', 'a', a, 'float32');
  expectDtype('addInto', 'b', b, 'float32');
  expectShape('addInto', 'b', b, a.shape, "a's shape");
  if (a === b) throw new RangeError('addInto: b: expected another tensor than a, got the same.');
  const [sum, term] = isSoleOwner(a) ? [a, b] : [b, a];
  if (!isSoleOwner(sum)) {
    const result = tf.add(a, b);
    tf.dispose([a, b]);
    return result;
  }
  tf.engine().runKernel<Tensor[]>('AddInto', { sum, term });
  term.dispose();
  return sum;
}

/** Whether nothing else shares this tensor's memory, so that writing to it changes nothing else. */
export function isSoleOwner(tensor: Tensor): boolean {
  return tf.engine().backend.refCount(tensor.dataId) === 1;
}
