// Layer normalisation over the last axis, Ba, Kiros and Hinton 2016 (arXiv 1607.06450), and its
// gradient. The backward pass recomputes mean and variance from x instead of keeping them.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';
import { sumRows } from './sum-rows.ts';

export type NormAttrs = { eps: number };

/** {x [.., C], weight [C], bias [C]} → [.., C] */
export const layerNorm = composite<NormAttrs>('LayerNorm', (inputs, { eps }) => {
  const { normalized } = normalize(required(inputs, 'x'), eps);
  return tf.add(tf.mul(normalized, required(inputs, 'weight')), required(inputs, 'bias'));
});

/** {dy [.., C], x [.., C], weight [C]} → [dx [.., C], dweight [C], dbias [C]] */
export const layerNormGrad = composite<NormAttrs>('LayerNormGrad', (inputs, { eps }) => {
  const dy = required(inputs, 'dy');
  const { normalized, inverseDeviation } = normalize(required(inputs, 'x'), eps);
  const scaled = tf.mul(dy, required(inputs, 'weight')); // [.., C]
  const centred = tf.sub(scaled, tf.mean(scaled, -1, true));
  const projection = tf.mul(normalized, tf.mean(tf.mul(scaled, normalized), -1, true));
  const dx = tf.mul(inverseDeviation, tf.sub(centred, projection));
  return [dx, sumRows(tf.mul(dy, normalized)), sumRows(dy)];
});

function normalize(x: Tensor, eps: number): { normalized: Tensor; inverseDeviation: Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true)); // [.., C]
  const variance = tf.mean(tf.square(centred), -1, true); // [.., 1]
  const inverseDeviation = tf.rsqrt(tf.add(variance, eps)); // [.., 1]
  return { normalized: tf.mul(centred, inverseDeviation), inverseDeviation };
}
