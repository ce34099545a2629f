/** Activation functions as modules, so that one can stand where a layer stands. */
import * as tf from '@tensorflow/tfjs-core';
import { gelu, silu } from '../ops/activation.ts';
import { Module } from './module.ts';

/** x·Φ(x) (Hendrycks and Gimpel 2016), or its tanh approximation as GPT-2 uses it. */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';

  constructor(approximate: 'none' | 'tanh' = 'none') {
    super();
    this.approximate = approximate;
  }

  forward(x: tf.Tensor): tf.Tensor {
    return gelu(x, this.approximate);
  }
}

/** x·sigmoid(x), also called swish. */
export class SiLU extends Module {
  forward(x: tf.Tensor): tf.Tensor {
    return silu(x);
  }
}

/** max(x, 0). */
export class ReLU extends Module {
  forward(x: tf.Tensor): tf.Tensor {
    return tf.relu(x);
  }
}

/** 1 / (1 + e^−x). */
export class Sigmoid extends Module {
  forward(x: tf.Tensor): tf.Tensor {
    return tf.sigmoid(x);
  }
}

/** The hyperbolic tangent. */
export class Tanh extends Module {
  forward(x: tf.Tensor): tf.Tensor {
    return tf.tanh(x);
  }
}
