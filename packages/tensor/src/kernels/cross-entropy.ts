// Cross-entropy of logits against class labels, with an ignored label, reduction and label
// smoothing (Szegedy et al. 2015, arXiv 1512.00567), as PyTorch's torch.nn.functional.cross_entropy
// computes it. The log-sum-exp of each row is a second output, so that the gradient rebuilds the
// probabilities from the logits.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { composite, required, type KernelInputs } from './composite.ts';

export type CrossEntropyAttrs = {
  ignoreIndex: number;
  labelSmoothing: number;
  reduction: 'mean' | 'sum' | 'none';
};

/** {logits [.., V], labels [..] int32} → [loss [] or [..], logSumExp [..]] */
export const crossEntropy = composite<CrossEntropyAttrs>('CrossEntropy', (inputs, attrs) => {
  const { logits, labels, counted, shape, V } = prepare(inputs, attrs);
  const rowMax = tf.max(logits, 1, true); // [N, 1]
  const shifted = tf.sub(logits, rowMax); // [N, V]
  const logSum = tf.log(tf.sum(tf.exp(shifted), 1)); // [N]
  const logSumExp = tf.add(tf.reshape(rowMax, [-1]), logSum); // [N]
  // A product with 0 and 1 would make NaN of a logit of −∞.
  const target = tf.sum(tf.where(isLabel(labels, V), logits, tf.zerosLike(logits)), 1); // [N]
  const eps = attrs.labelSmoothing;
  const smooth = eps === 0 ? target : blend(target, tf.mean(logits, 1), eps);
  const losses = tf.mul(tf.sub(logSumExp, smooth), counted); // [N]
  return [reduce(losses, counted, attrs, shape), tf.reshape(logSumExp, shape)];
});

/** {dy [] or [..], logits [.., V], labels [..], logSumExp [..]} → dlogits [.., V] */
export const crossEntropyGrad = composite<CrossEntropyAttrs>(
  'CrossEntropyGrad',
  (inputs, attrs) => {
    const { logits, labels, counted, V } = prepare(inputs, attrs);
    const logSumExp = tf.reshape(required(inputs, 'logSumExp'), [-1, 1]); // [N, 1]
    const probabilities = tf.exp(tf.sub(logits, logSumExp)); // [N, V]
    const hit = tf.mul(tf.cast(isLabel(labels, V), 'float32'), 1 - attrs.labelSmoothing);
    const target = tf.add(hit, attrs.labelSmoothing / V); // [N, V]
    const rowScale = tf.mul(rowGradient(required(inputs, 'dy'), counted, attrs), counted); // [N]
    const dlogits = tf.mul(tf.sub(probabilities, target), tf.reshape(rowScale, [-1, 1]));
    return tf.reshape(dlogits, required(inputs, 'logits').shape);
  },
);

function prepare(inputs: KernelInputs, { ignoreIndex }: CrossEntropyAttrs) {
  const x = required(inputs, 'logits');
  const V = x.shape[x.rank - 1]!;
  const shape = x.shape.slice(0, -1);
  const labels = tf.reshape(required(inputs, 'labels'), [-1]) as Tensor1D; // [N]
  checkLabels(labels.dataSync(), V, ignoreIndex);
  const counted = tf.cast(tf.notEqual(labels, tf.scalar(ignoreIndex, 'int32')), 'float32'); // [N]
  return { logits: tf.reshape(x, [-1, V]), labels, counted, shape, V };
}

/** True at each row's label, [N, V]; nowhere for an ignored label outside the vocabulary. */
function isLabel(labels: Tensor1D, V: number): Tensor {
  const classes = tf.reshape(tf.range(0, V, 1, 'int32'), [1, V]);
  return tf.equal(tf.reshape(labels, [-1, 1]), classes);
}

function blend(target: Tensor, mean: Tensor, eps: number): Tensor {
  return tf.add(tf.mul(target, 1 - eps), tf.mul(mean, eps));
}

function reduce(
  losses: Tensor,
  counted: Tensor,
  { reduction }: CrossEntropyAttrs,
  shape: number[],
): Tensor {
  if (reduction === 'none') return tf.reshape(losses, shape);
  const total = tf.sum(losses);
  return reduction === 'sum' ? total : tf.div(total, tf.sum(counted));
}

/** The gradient that reaches each row's loss: [N] or a scalar. */
function rowGradient(dy: Tensor, counted: Tensor, { reduction }: CrossEntropyAttrs): Tensor {
  if (reduction === 'none') return tf.reshape(dy, [-1]);
  return reduction === 'sum' ? dy : tf.div(dy, tf.maximum(tf.sum(counted), 1));
}

function checkLabels(labels: ArrayLike<number>, V: number, ignoreIndex: number): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label === ignoreIndex || (label >= 0 && label < V)) continue;
    throw labelError(label, i, V, ignoreIndex);
  }
}

/** What a label outside the vocabulary throws, on every backend. */
export function labelError(label: number, i: number, V: number, ignoreIndex: number): RangeError {
  return new RangeError(
    `crossEntropy: labels: expected 0 to ${V - 1} or ${ignoreIndex}, got ${label} at index ${i}. ` +
      `Check that the tokenizer's vocabulary fits the model.`,
  );
}
