/** Composites until the fused operations of the same name are on main. */
import * as tf from '@tensorflow/tfjs-core';

export function linear(x: tf.Tensor, weight: tf.Tensor, bias?: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const rows = tf.reshape(x, [-1, weight.shape[1] as number]);
    const product = tf.matMul(rows as tf.Tensor2D, weight as tf.Tensor2D, false, true);
    const y = bias === undefined ? product : tf.add(product, bias);
    return tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0] as number]);
  });
}

export function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, eps: number) {
  return tf.tidy(() => {
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const variance = tf.mean(tf.square(centred), -1, true);
    return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, eps))), weight), bias);
  });
}

export function rmsNorm(x: tf.Tensor, weight: tf.Tensor, eps: number): tf.Tensor {
  return tf.tidy(() => {
    const meanSquare = tf.mean(tf.square(x), -1, true);
    return tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, eps))), weight);
  });
}

export function gelu(x: tf.Tensor, approximate: 'none' | 'tanh'): tf.Tensor {
  return tf.tidy(() => {
    const inner =
      approximate === 'none'
        ? tf.erf(tf.mul(x, Math.SQRT1_2))
        : tf.tanh(
            tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, tf.scalar(3))))),
          );
    return tf.mul(tf.mul(x, 0.5), tf.add(inner, 1));
  });
}

export function silu(x: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.mul(x, tf.sigmoid(x)));
}
