/** Tensors rounded to bfloat16: two bytes an element in a tensor of bytes, as tfjs has no such dtype. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { CODECS } from '../io/blocks/codecs.ts';
import { hasKernel, runDequantize } from '../io/blocks/quantize.ts';

/** float32 of any shape → bytes [2 · size] (dtype bool): to the nearest, ties to even; the caller owns them. */
export function toBfloat16(x: Tensor): Tensor1D {
  if (hasKernel('Quantize')) {
    const attrs = { type: 'BF16', bytes: 2 * x.size };
    return tf.engine().runKernel<Tensor1D>('Quantize', { x }, attrs);
  }
  return tf.tensor1d(CODECS.BF16.encode(x.dataSync<'float32'>()), 'bool');
}

/** toBfloat16's bytes → float32 of `shape`; the caller owns it. */
export function fromBfloat16(bytes: Tensor, shape: readonly number[]): Tensor {
  if (hasKernel('Dequantize')) return runDequantize(bytes, 'BF16', shape);
  return tf.tensor(CODECS.BF16.decode(bytes.dataSync() as unknown as Uint8Array), [...shape]);
}
