import * as tf from '@tensorflow/tfjs-core';
import { ShapeError, UnsupportedError } from '../errors/errors.ts';
import { scope } from '../memory/scope.ts';
import { backward } from './backward.ts';
import { DependencyTape, freeSaved, isRecording, recordOn } from './tape.ts';

/** A loss with numbers to report beside it. */
export interface LossWithMetrics {
  /** Scalar float32: what is differentiated. */
  loss: tf.Tensor;
  /** Tensors of any shape; they get no gradient. */
  metrics?: Record<string, tf.Tensor>;
}

/** What `fn` returned, and d loss / d variable in the order of `variables`. The caller owns all. */
export interface ValueAndGrads<T> {
  /** What `fn` returned. */
  value: T;
  /** One for each variable, of its shape. */
  grads: tf.Tensor[];
}

/**
 * Runs `fn` and differentiates its loss with respect to `variables`.
 *
 * Everything else that `fn` made is freed, also when it throws; saved activations and intermediate
 * gradients are freed during the backward pass as soon as their last reader has run.
 *
 * @param fn computes a scalar float32 loss, or `{loss, metrics}`
 * @param variables each gets a gradient of its shape; zeros where `fn` does not use it
 * @throws ShapeError when the loss is not a float32 scalar
 * @throws UnsupportedError inside another gradient, for a loss that depends on none of the
 *   variables, and for an operation without a gradient
 * @example
 * const { value, grads } = valueAndGrads(() => tf.mean(tf.square(model.forward(x))), model.parameters());
 */
export function valueAndGrads<T extends tf.Tensor | LossWithMetrics>(
  fn: () => T,
  variables: readonly tf.Variable[],
): ValueAndGrads<T> {
  if (isRecording()) {
    throw new UnsupportedError(
      'valueAndGrads: expected no gradient around it, got one. Second derivatives are not ' +
        'supported; use tf.grad inside tf.grad for them.',
    );
  }
  const tape = DependencyTape.over(variables);
  const run = (): ValueAndGrads<T> => {
    const value = recordOn(tape, () => scope(fn));
    const loss = value instanceof tf.Tensor ? value : value.loss;
    checkLoss(loss, tape);
    const found = backward(tape, { output: loss, gradient: tf.onesLike(loss) }, variables);
    return { value, grads: variables.map((v, i) => found[i] ?? tf.zeros(v.shape)) };
  };
  try {
    return scope(run);
  } finally {
    tape.forEach(freeSaved);
  }
}

function checkLoss(loss: tf.Tensor, tape: DependencyTape): void {
  if (!(loss instanceof tf.Tensor) || loss.rank !== 0 || loss.dtype !== 'float32') {
    const got = loss instanceof tf.Tensor ? `${loss.dtype} [${loss.shape}]` : typeof loss;
    throw new ShapeError(
      `valueAndGrads: loss: expected a float32 scalar, got ${got}. Reduce it with tf.mean.`,
    );
  }
  if (!tape.dependsOnSource(loss)) {
    throw new UnsupportedError(
      'valueAndGrads: loss: expected one computed from the variables, got one that depends on ' +
        'none of them. Compute it from them inside fn, outside noGradient and stopGradient.',
    );
  }
}
