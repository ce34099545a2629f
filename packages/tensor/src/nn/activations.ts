/** Activation functions as modules, so that one can stand where a layer stands. */
import * as tf from '@tensorflow/tfjs-core';
import { gelu, silu } from '../ops/activation.ts';
import { Module } from './module.ts';
import { parameter } from './parameter.ts';

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

/** max(x, 0) + slope·min(x, 0). */
export class LeakyReLU extends Module {
  /** @param negativeSlope @default 0.01 */
  constructor(readonly negativeSlope = 0.01) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.leakyRelu(x, this.negativeSlope);
  }
}

/** max(x, 0) + weight·min(x, 0) with a learned weight (He et al. 2015, arXiv 1502.01852): one for all, or one for each
 *  channel, the last axis. */
export class PReLU extends Module {
  readonly weight: tf.Variable; // [numParameters]

  /** @param numParameters 1 or the number of channels @default 1
   *  @param init @default 0.25 */
  constructor(numParameters = 1, init = 0.25) {
    super();
    this.weight = parameter(tf.fill([numParameters], init));
  }

  forward(x: tf.Tensor): tf.Tensor {
    return tf.tidy(() => tf.sub(tf.relu(x), tf.mul(this.weight, tf.relu(tf.neg(x)))));
  }
}

/** x where x > 0, else α·(e^x − 1) (Clevert et al. 2016, arXiv 1511.07289). */
export class ELU extends Module {
  /** @param alpha @default 1 */
  constructor(readonly alpha = 1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    if (this.alpha === 1) return tf.elu(x);
    return tf.tidy(() => tf.add(tf.relu(x), tf.mul(this.alpha, tf.elu(tf.minimum(x, 0)))));
  }
}

/** e^x ÷ Σ e^x over one axis, the last unless told. */
export class Softmax extends Module {
  /** @param axis @default -1 */
  constructor(readonly axis = -1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return alongLast(x, this.axis, (rows) => tf.softmax(rows));
  }
}

/** log softmax over one axis, the last unless told. */
export class LogSoftmax extends Module {
  /** @param axis @default -1 */
  constructor(readonly axis = -1) {
    super();
  }

  forward(x: tf.Tensor): tf.Tensor {
    return alongLast(x, this.axis, (rows) => tf.logSoftmax(rows));
  }
}

/** log(1 + e^x), a smooth max(x, 0). */
export class Softplus extends Module {
  forward(x: tf.Tensor): tf.Tensor {
    return tf.softplus(x);
  }
}

/** tfjs normalises over the last axis only. */
function alongLast(x: tf.Tensor, axis: number, compute: (rows: tf.Tensor) => tf.Tensor): tf.Tensor {
  const place = axis < 0 ? x.rank + axis : axis;
  if (place === x.rank - 1) return compute(x);
  const perm = x.shape.map((_, d) => d);
  [perm[place], perm[x.rank - 1]] = [x.rank - 1, place];
  return tf.tidy(() => tf.transpose(compute(tf.transpose(x, perm)), perm)); // its own inverse
}
