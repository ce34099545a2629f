/** Losses of yes-or-no predictions. Shapes as in regression.ts. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { noGradient } from '../autodiff/index.ts';
import { expectPair, reduced, type LossOptions } from './reduction.ts';

const LEAST_LOG = -100; // PyTorch's log of a probability of 0

/** −(y·log p + (1 − y)·log(1 − p)) of probabilities p in [0, 1] and targets y in [0, 1]. A logarithm is at least −100, and
 *  passes no gradient there. Prefer `binaryCrossEntropyWithLogits`. @throws ShapeError */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options: LossOptions = {},
): Tensor {
  expectPair('binaryCrossEntropy', input, target);
  return tf.tidy(() => {
    const yes = tf.mul(target, boundedLog(input));
    const no = tf.mul(tf.sub(1, target), boundedLog(tf.sub(1, input)));
    return reduced(tf.neg(tf.add(yes, no)), options.reduction);
  });
}

function boundedLog(p: Tensor): Tensor {
  const isPositive = noGradient(() => tf.greater(p, 0));
  const safe = tf.where(isPositive, p, tf.onesLike(p)); // so that no gradient is 0·∞
  const log = tf.where(isPositive, tf.log(safe), tf.fill(p.shape, LEAST_LOG));
  return tf.maximum(log, LEAST_LOG);
}

/** The same of x with p = sigmoid(x), stable for any x: max(x, 0) − x·y + log(1 + e^−|x|).
 *  @param options.positiveWeight multiplies the loss of targets of 1: a number or a tensor that broadcasts @default 1
 *  @throws ShapeError */
export function binaryCrossEntropyWithLogits(
  logits: Tensor,
  target: Tensor,
  options: LossOptions & { positiveWeight?: number | Tensor } = {},
): Tensor {
  expectPair('binaryCrossEntropyWithLogits', logits, target);
  const { positiveWeight = 1, reduction } = options;
  return tf.tidy(() => {
    // log(1 + e^−x), the loss of a 1; that of a 0 is x more.
    const ofOne = tf.add(tf.relu(tf.neg(logits)), tf.log1p(tf.exp(tf.neg(tf.abs(logits)))));
    const weight = tf.add(1, tf.mul(target, tf.sub(positiveWeight, 1)));
    const losses = tf.add(tf.mul(tf.sub(1, target), logits), tf.mul(weight, ofOne));
    return reduced(losses, reduction);
  });
}

/** max(0, margin − y·input) for targets y of 1 or −1: of a linear classifier's score (Cortes and Vapnik 1995).
 *  @param options.margin @default 1
 *  @throws ShapeError */
export function hingeLoss(
  input: Tensor,
  target: Tensor,
  options: LossOptions & { margin?: number } = {},
): Tensor {
  expectPair('hingeLoss', input, target);
  const { margin = 1, reduction } = options;
  return tf.tidy(() => reduced(tf.relu(tf.sub(margin, tf.mul(target, input))), reduction));
}
