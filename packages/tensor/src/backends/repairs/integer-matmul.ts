/** BatchMatMul of the wasm backend refuses integers. Here they are multiplied as float32, exact up to 2²⁴. */
import * as tf from '@tensorflow/tfjs-core';
import type { NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';
import type { KernelWrapper } from './wrap-kernel.ts';

export const withIntegers: KernelWrapper = (original) => (params) => {
  const { a, b } = params.inputs as Record<'a' | 'b', Tensor>;
  if (a.dtype === 'float32' && b.dtype === 'float32') return original(params);
  const dtype = tf.upcastType(a.dtype, b.dtype);
  return tf.tidy(() => {
    const floats = { a: tf.cast(a, 'float32'), b: tf.cast(b, 'float32') };
    const product = tf
      .engine()
      .runKernel<Tensor>('BatchMatMul', floats, params.attrs as NamedAttrMap);
    return tf.cast(product, dtype);
  });
};
