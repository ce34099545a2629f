import * as tf from '@tensorflow/tfjs-core';
import { nativeBackend } from '../profile/native-only.ts';

/**
 * 'float32': products of float32. 'bfloat16': both factors are rounded to bf16 (8 bits of precision)
 * as they are read, products are added up in float32: twice as fast on processors with AVX-512-BF16.
 */
export type MatmulPrecision = 'float32' | 'bfloat16';

const PRECISIONS: readonly MatmulPrecision[] = ['float32', 'bfloat16']; // in the engine's order

/** What `linear`, `linearCrossEntropy` and their gradients multiply with now. */
export function matmulPrecision(): MatmulPrecision {
  return tf.getBackend() === 'native'
    ? PRECISIONS[nativeBackend('matmulPrecision').precision]!
    : 'float32';
}

/**
 * Sets how `linear`, `linearCrossEntropy` and their gradients multiply from now on, as PyTorch's
 * torch.set_float32_matmul_precision('medium') does. Everything stored stays float32: parameters,
 * activations, gradients, optimizer state. tf.matMul and attention stay float32.
 * @throws UnsupportedError for 'bfloat16' on another backend than native; RangeError for another name
 * @example
 * setMatmulPrecision('bfloat16'); // then train as usual
 */
export function setMatmulPrecision(precision: MatmulPrecision): void {
  const code = PRECISIONS.indexOf(precision);
  if (code < 0) {
    throw new RangeError(
      `setMatmulPrecision: precision: expected float32 or bfloat16, got ${precision}.`,
    );
  }
  if (code === 0 && tf.getBackend() !== 'native') return; // it is so everywhere else
  nativeBackend('setMatmulPrecision').precision = code as 0 | 1;
}
