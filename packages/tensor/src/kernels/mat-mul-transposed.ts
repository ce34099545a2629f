// Matrix products with a transposed side. The wasm backend is fast only when neither side is
// transposed, so there the transposition is made explicit.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** a · bᵀ: [.., M, I] and [.., N, I] give [.., M, N]. */
export function matMulTransposedB(a: Tensor, b: Tensor): Tensor {
  return tf.getBackend() === 'wasm' ? tf.matMul(a, transposeLast(b)) : tf.matMul(a, b, false, true);
}

/** aᵀ · b: [.., I, M] and [.., I, N] give [.., M, N]. */
export function matMulTransposedA(a: Tensor, b: Tensor): Tensor {
  return tf.getBackend() === 'wasm' ? tf.matMul(transposeLast(a), b) : tf.matMul(a, b, true, false);
}

function transposeLast(x: Tensor): Tensor {
  const axes = x.shape.map((_, i) => i);
  const last = axes.length - 1;
  return tf.transpose(x, [...axes.slice(0, -2), last, last - 1]);
}
