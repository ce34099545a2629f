import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectDtype, expectShape } from './expect.ts';

/**
 * Gaussian error linear unit, x·Φ(x), Hendrycks and Gimpel 2016 (arXiv 1606.08415).
 * @param x any shape, float32
 * @param approximate 'none' is exact (erf); 'tanh' is what GPT-2 was trained with. @default 'none'
 * @returns same shape, owned by the caller
 * @throws ShapeError
 */
export function gelu(x: Tensor, approximate: 'none' | 'tanh' = 'none'): Tensor {
  expectDtype('gelu', 'x', x, 'float32');
  return tf.engine().runKernel<Tensor>('Gelu', { x }, { approximate });
}

/**
 * SiLU (swish), x·σ(x).
 * @param x any shape, float32
 * @returns same shape, owned by the caller
 * @throws ShapeError
 */
export function silu(x: Tensor): Tensor {
  expectDtype('silu', 'x', x, 'float32');
  return tf.engine().runKernel<Tensor>('Silu', { x });
}

/**
 * The gated product of SwiGLU, silu(gate)·up, Shazeer 2020 (arXiv 2002.05202).
 * @param gate any shape, float32
 * @param up same shape as gate, float32
 * @returns same shape, owned by the caller
 * @throws ShapeError
 */
export function swiglu(gate: Tensor, up: Tensor): Tensor {
  expectDtype('swiglu', 'gate', gate, 'float32');
  expectDtype('swiglu', 'up', up, 'float32');
  expectShape('swiglu', 'up', up, gate.shape, "gate's shape");
  return tf.engine().runKernel<Tensor>('Swiglu', { gate, up });
}
