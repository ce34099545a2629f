import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectDtype, expectFeatures, expectShape, fail } from './expect.ts';

/** The label that PyTorch and Transformers ignore by default. */
export const IGNORE_INDEX = -100;

/** Which labels count, and what is returned. */
export interface CrossEntropyOptions {
  /** Rows with this label count nothing. @default -100 */
  readonly ignoreIndex?: number;
  /** 'mean' divides by the number of rows that count; with none it is NaN, as in PyTorch.
   *  @default 'mean' */
  readonly reduction?: 'mean' | 'sum' | 'none';
  /** Share of the target spread evenly over the vocabulary, in [0, 1]. @default 0 */
  readonly labelSmoothing?: number;
}

/**
 * Cross-entropy of logits against labels, log Σ exp(logits) − logits[label], equal to
 * torch.nn.functional.cross_entropy.
 * @param logits [.., V] float32
 * @param labels [..] int32, each 0 … V−1 or ignoreIndex
 * @returns a scalar, or [..] for reduction 'none'; owned by the caller
 * @throws ShapeError; RangeError for a label outside the vocabulary
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const { ignoreIndex = IGNORE_INDEX, reduction = 'mean', labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    const got = String(labelSmoothing);
    fail('crossEntropy', 'labelSmoothing', 'a number from 0 to 1', got, '0 turns it off.');
  }
  return run('crossEntropy', logits, labels, { ignoreIndex, reduction, labelSmoothing });
}

/**
 * The log-probability of each label under softmax(logits); 0 where the label is −100.
 * @param logits [.., V] float32
 * @param labels [..] int32
 * @returns [..], owned by the caller
 * @throws ShapeError; RangeError for a label outside the vocabulary
 */
export function logProbs(logits: Tensor, labels: Tensor): Tensor {
  const attrs = { ignoreIndex: IGNORE_INDEX, reduction: 'none', labelSmoothing: 0 } as const;
  return tf.tidy(() => tf.neg(run('logProbs', logits, labels, attrs)));
}

function run(
  op: string,
  logits: Tensor,
  labels: Tensor,
  attrs: Required<CrossEntropyOptions>,
): Tensor {
  expectFeatures(op, 'logits', logits);
  expectDtype(op, 'labels', labels, 'int32');
  expectShape(op, 'labels', labels, logits.shape.slice(0, -1), '[..]');
  const inputs = { logits, labels };
  const [loss, logSumExp] = tf.engine().runKernel<Tensor[]>('CrossEntropy', inputs, { ...attrs });
  logSumExp!.dispose(); // the tape keeps its own handle
  return loss!;
}
