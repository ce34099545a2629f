import * as tf from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors/errors.ts';

/** A trainable variable with the value of `initial`, which it takes over: do not use `initial` again. */
export function parameter(initial: tf.Tensor): tf.Variable {
  const variable = tf.variable(initial);
  initial.dispose();
  return variable;
}

/** Moves `value` into `variable` without a copy; `value` must have its shape and dtype, belong to
 *  nobody else, and not be used again. */
export function assignParameter(variable: tf.Variable, value: tf.Tensor, name: string): void {
  checkParameterValue(variable, value, name);
  variable.assign(value);
  value.dispose();
}

/** @throws ShapeError when `value` cannot become the value of `variable` */
export function checkParameterValue(variable: tf.Variable, value: tf.Tensor, name: string): void {
  if (value.dtype !== variable.dtype || !tf.util.arraysEqual(value.shape, variable.shape)) {
    throw new ShapeError(
      `loadStateDict: ${name}: expected ${variable.dtype} [${variable.shape}], ` +
        `got ${value.dtype} [${value.shape}]. Load it into a model of the same configuration.`,
    );
  }
}
