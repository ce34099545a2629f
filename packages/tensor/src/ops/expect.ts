// Checks of the fused operations' arguments. A message names the operation and the argument, what
// was expected and what came.
import type { Tensor } from '@tensorflow/tfjs-core';
import { ShapeError } from '../errors/errors.ts';

/** A number means that exact size, null any size. */
export type ExpectedShape = readonly (number | null)[];

/** Throws unless `tensor` has that dtype. */
export function expectDtype(
  op: string,
  argument: string,
  tensor: Tensor,
  dtype: 'float32' | 'int32',
): void {
  if (tensor.dtype === dtype) return;
  fail(op, argument, dtype, tensor.dtype, `Convert it with tf.cast(${argument}, '${dtype}').`);
}

/**
 * Throws unless `tensor` has that shape; `names` labels the axes in the message: '[B, T, H, D]'.
 */
export function expectShape(
  op: string,
  argument: string,
  tensor: Tensor,
  expected: ExpectedShape,
  names: string,
): void {
  const isRight =
    tensor.rank === expected.length &&
    expected.every((size, axis) => size === null || size === tensor.shape[axis]);
  if (isRight) return;
  const shown = expected.some((size) => size !== null) ? `${names} = ${show(expected)}` : names;
  fail(op, argument, shown, show(tensor.shape), 'Check the shapes against each other.');
}

/** Throws unless `tensor` is a float32 with at least one axis. */
export function expectFeatures(op: string, argument: string, tensor: Tensor): void {
  expectDtype(op, argument, tensor, 'float32');
  if (tensor.rank >= 1) return;
  fail(op, argument, 'at least one axis', 'a scalar', 'The last axis holds the features.');
}

/** Throws unless `tensor` is a float32 vector with one value for each of x's features. */
export function expectPerFeature(op: string, argument: string, tensor: Tensor, x: Tensor): void {
  expectDtype(op, argument, tensor, 'float32');
  expectShape(op, argument, tensor, [x.shape[x.rank - 1]!], '[C]');
}

/** Throws unless `value` is an integer in [least, most]. */
export function expectInteger(
  op: string,
  argument: string,
  value: number,
  least: number,
  most: number,
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  fail(op, argument, `an integer from ${least} to ${most}`, String(value), 'Check the lengths.');
}

/** Throws a ShapeError in the package's format. */
export function fail(
  op: string,
  argument: string,
  expected: string,
  got: string,
  advice: string,
): never {
  throw new ShapeError(`${op}: ${argument}: expected ${expected}, got ${got}. ${advice}`);
}

function show(shape: ExpectedShape): string {
  return `[${shape.map((size) => size ?? 'any').join(', ')}]`;
}
