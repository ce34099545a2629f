/**
 * ClipByValue of the wasm backend turns NaN into the lower bound, and so hides what went wrong, and reads
 * integers as if they were floats. Here NaN stays, and integers are clipped as float32, exact up to 2²⁴.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelWrapper } from './wrap-kernel.ts';

export const withNanAndIntegers: KernelWrapper = (original) => (params) => {
  const x = params.inputs['x'] as Tensor;
  return tf.tidy(() => {
    if (x.dtype !== 'float32') return clipIntegers(x, params.attrs as NamedAttrMap);
    const { dataId, shape, dtype } = original(params) as TensorInfo;
    const clipped = tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype });
    return tf.where(tf.isNaN(x), x, clipped);
  });
};

function clipIntegers(x: Tensor, attrs: NamedAttrMap): Tensor {
  const clipped = tf.engine().runKernel<Tensor>('ClipByValue', { x: tf.cast(x, 'float32') }, attrs);
  return tf.cast(clipped, x.dtype);
}
