// y = x · Wᵀ + b with PyTorch's weight layout [O, I], and its three gradients as kernels of their
// own, so that a frozen weight (LoRA) costs no gradient product.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';
import { matMulTransposedA, matMulTransposedB } from './mat-mul-transposed.ts';

/** {x [.., I], weight [O, I], bias? [O]} → [.., O] */
export const linear = composite('Linear', (inputs) => {
  const x = required(inputs, 'x');
  const weight = required(inputs, 'weight');
  const product = matMulTransposedB(flattenRows(x), weight); // [N, O]
  const y = inputs['bias'] ? tf.add(product, inputs['bias']) : product;
  return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]!]);
});

/** {dy [.., O], weight [O, I]} → dx [.., I] */
export const linearGradInput = composite('LinearGradInput', (inputs) => {
  const dy = required(inputs, 'dy');
  const weight = required(inputs, 'weight');
  const dx = tf.matMul(flattenRows(dy), weight as Tensor2D); // [N, I]
  return tf.reshape(dx, [...dy.shape.slice(0, -1), weight.shape[1]!]);
});

/** {dy [.., O], x [.., I]} → dweight [O, I] */
export const linearGradWeight = composite('LinearGradWeight', (inputs) =>
  matMulTransposedA(flattenRows(required(inputs, 'dy')), flattenRows(required(inputs, 'x'))),
);

/** {dy [.., O]} → dbias [O] */
export const linearGradBias = composite('LinearGradBias', (inputs) =>
  tf.sum(flattenRows(required(inputs, 'dy')), 0),
);

function flattenRows(x: Tensor): Tensor2D {
  return tf.reshape(x, [-1, x.shape[x.rank - 1]!]);
}
