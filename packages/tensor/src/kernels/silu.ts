// SiLU, x·σ(x) (Hendrycks and Gimpel 2016; Elfwing et al. 2017), the gated SwiGLU product of
// Shazeer 2020 (arXiv 2002.05202), and their gradients.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';

/** {x} → same shape */
export const silu = composite('Silu', (inputs) => siluOf(required(inputs, 'x')));

/** {dy, x} → dx */
export const siluGrad = composite('SiluGrad', (inputs) =>
  tf.mul(required(inputs, 'dy'), siluSlope(required(inputs, 'x'))),
);

/** {gate, up} → silu(gate)·up, same shape */
export const swiglu = composite('Swiglu', (inputs) =>
  tf.mul(siluOf(required(inputs, 'gate')), required(inputs, 'up')),
);

/** {dy, gate, up} → [dgate, dup] */
export const swigluGrad = composite('SwigluGrad', (inputs) => {
  const dy = required(inputs, 'dy');
  const gate = required(inputs, 'gate');
  const dgate = tf.mul(tf.mul(dy, required(inputs, 'up')), siluSlope(gate));
  return [dgate, tf.mul(dy, siluOf(gate))];
});

function siluOf(x: Tensor): Tensor {
  return tf.mul(x, tf.sigmoid(x));
}

/** σ(x)·(1 + x·(1 − σ(x))) */
function siluSlope(x: Tensor): Tensor {
  const sigmoid = tf.sigmoid(x);
  return tf.mul(sigmoid, tf.add(1, tf.mul(x, tf.sub(1, sigmoid))));
}
