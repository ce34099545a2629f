// Root-mean-square normalisation over the last axis, Zhang and Sennrich 2019 (arXiv 1910.07467),
// and its gradient.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';
import type { NormAttrs } from './layer-norm.ts';
import { sumRows } from './sum-rows.ts';

/** {x [.., C], weight [C]} → [.., C] */
export const rmsNorm = composite<NormAttrs>('RmsNorm', (inputs, { eps }) => {
  const x = required(inputs, 'x');
  return tf.mul(tf.mul(x, inverseRms(x, eps)), required(inputs, 'weight'));
});

/** {dy [.., C], x [.., C], weight [C]} → [dx [.., C], dweight [C]] */
export const rmsNormGrad = composite<NormAttrs>('RmsNormGrad', (inputs, { eps }) => {
  const dy = required(inputs, 'dy');
  const x = required(inputs, 'x');
  const inverse = inverseRms(x, eps); // [.., 1]
  const normalized = tf.mul(x, inverse); // [.., C]
  const scaled = tf.mul(dy, required(inputs, 'weight')); // [.., C]
  const projection = tf.mul(normalized, tf.mean(tf.mul(scaled, normalized), -1, true));
  return [tf.mul(inverse, tf.sub(scaled, projection)), sumRows(tf.mul(dy, normalized))];
});

function inverseRms(x: Tensor, eps: number): Tensor {
  return tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), eps)); // [.., 1]
}
