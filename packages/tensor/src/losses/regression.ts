/** Losses of numbers against numbers. `input` and `target` have one shape, float32; the result is a scalar, or with
 *  `reduction: 'none'` of that shape, and the caller owns it. As in torch.nn.functional. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectPair, reduced, type LossOptions } from './reduction.ts';

/** (input − target)². @throws ShapeError */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  expectPair('mseLoss', input, target);
  return tf.tidy(() => reduced(tf.square(tf.sub(input, target)), options.reduction));
}

/** |input − target|, the mean absolute error. @throws ShapeError */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  expectPair('l1Loss', input, target);
  return tf.tidy(() => reduced(tf.abs(tf.sub(input, target)), options.reduction));
}

/** d²/2 where d = |input − target| is at most delta, else delta·(d − delta/2). Huber 1964.
 *  @param options.delta above 0 @default 1
 *  @throws ShapeError */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { delta?: number } = {},
): Tensor {
  expectPair('huberLoss', input, target);
  return tf.tidy(() => reduced(huber(input, target, options.delta ?? 1), options.reduction));
}

/** Huber's loss divided by beta: d²/(2·beta) where d is at most beta, else d − beta/2.
 *  @param options.beta above 0 @default 1
 *  @throws ShapeError */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { beta?: number } = {},
): Tensor {
  expectPair('smoothL1Loss', input, target);
  const { beta = 1, reduction } = options;
  return tf.tidy(() => reduced(tf.div(huber(input, target, beta), beta), reduction));
}

/** With a = min(d, delta): a·d − a²/2 is both branches. */
function huber(input: Tensor, target: Tensor, delta: number): Tensor {
  const distance = tf.abs(tf.sub(input, target));
  const capped = tf.minimum(distance, delta);
  return tf.sub(tf.mul(capped, distance), tf.mul(0.5, tf.square(capped)));
}
