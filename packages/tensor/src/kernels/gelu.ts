// Gaussian error linear unit, Hendrycks and Gimpel 2016 (arXiv 1606.08415): exact with erf ('none')
// or the tanh approximation, and its gradient.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';

export type GeluAttrs = { approximate: 'none' | 'tanh' };

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** {x} → same shape */
export const gelu = composite<GeluAttrs>('Gelu', (inputs, { approximate }) => {
  const x = required(inputs, 'x');
  const cdf = approximate === 'tanh' ? tanhCdf(x) : normalCdf(x);
  return tf.mul(x, cdf);
});

/** {dy, x} → dx */
export const geluGrad = composite<GeluAttrs>('GeluGrad', (inputs, { approximate }) => {
  const x = required(inputs, 'x');
  const slope = approximate === 'tanh' ? tanhSlope(x) : exactSlope(x);
  return tf.mul(required(inputs, 'dy'), slope);
});

function normalCdf(x: Tensor): Tensor {
  return tf.mul(0.5, tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
}

/** Φ(x) + x·φ(x) */
function exactSlope(x: Tensor): Tensor {
  const density = tf.mul(1 / Math.sqrt(2 * Math.PI), tf.exp(tf.mul(-0.5, tf.square(x))));
  return tf.add(normalCdf(x), tf.mul(x, density));
}

function tanhInner(x: Tensor): Tensor {
  return tf.tanh(tf.mul(SQRT_2_OVER_PI, tf.mul(x, tf.add(1, tf.mul(CUBIC, tf.square(x))))));
}

function tanhCdf(x: Tensor): Tensor {
  return tf.mul(0.5, tf.add(1, tanhInner(x)));
}

function tanhSlope(x: Tensor): Tensor {
  const inner = tanhInner(x);
  const innerSlope = tf.mul(SQRT_2_OVER_PI, tf.add(1, tf.mul(3 * CUBIC, tf.square(x))));
  const tail = tf.mul(tf.mul(x, tf.sub(1, tf.square(inner))), innerSlope);
  return tf.mul(0.5, tf.add(tf.add(1, inner), tail));
}
