import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { recordKnownGradients } from '../autodiff/known-gradients.ts';
import { needsGradient, noGradient } from '../autodiff/tape.ts';
import type { LinearLossAttrs } from '../kernels/linear-cross-entropy.ts';
import { scope } from '../memory/scope.ts';
import { QuantizedWeight } from '../quantized/quantized-weight.ts';
import { crossEntropy, IGNORE_INDEX, type CrossEntropyOptions } from './cross-entropy.ts';
import { expectDtype, expectFeatures, expectShape, fail } from './expect.ts';
import { quantizedCrossEntropy } from './quantized-cross-entropy.ts';
import { quantizedLinear } from './quantized.ts';

/** A loss and what trainers report beside it. The caller owns all three. */
export interface LinearTokenStatistics {
  /** As linearCrossEntropy returns it. */
  readonly loss: Tensor;
  /** Entropy of each row's softmax(logits) in nats, [..]; 0 where the label is ignored. No gradient. */
  readonly entropies: Tensor;
  /** 1 where no logit is larger than the label's, else 0, [..]; 0 where it is ignored. No gradient. */
  readonly hits: Tensor;
}

/**
 * crossEntropy(linear(hidden, weight), labels, options) without ever holding all logits, which for a
 * language model are its largest array: on native, rows go through in chunks of at most 64 MiB of
 * logits (Hsu et al. 2024, arXiv 2410.10989), and rows with an ignored label cost nothing.
 *
 * A scalar loss computes its gradients together with itself. With reduction 'none' the backward pass
 * computes the logits again: a third more products for the memory. It has no second derivative.
 * @param hidden [.., C] float32
 * @param weight [V, C] float32 (a Linear's, or the embedding's that is tied to it); or a QuantizedWeight, which gets no
 *   gradient: as `quantizedLinear` with float32 activations. With reduction 'none' that holds all logits.
 * @param labels [..] int32, each 0 … V−1 or ignoreIndex
 * @returns a scalar, or [..] for reduction 'none'; owned by the caller
 * @throws ShapeError; RangeError for a label outside the vocabulary
 */
export function linearCrossEntropy(
  hidden: Tensor,
  weight: Tensor | QuantizedWeight,
  labels: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  if (weight instanceof QuantizedWeight) return quantizedLoss(hidden, weight, labels, options);
  const inputs = { hidden, weight, labels };
  return tf.tidy(() => run('linearCrossEntropy', inputs, { ...options, statistics: false }).loss);
}

/**
 * logProbs(linear(hidden, weight), labels) without ever holding all logits: see linearCrossEntropy.
 * @returns [..]: log p of each label, 0 where it is −100; owned by the caller
 */
export function linearLogProbs(hidden: Tensor, weight: Tensor, labels: Tensor): Tensor {
  const options = { reduction: 'none', statistics: false } as const;
  return tf.tidy(() => tf.neg(run('linearLogProbs', { hidden, weight, labels }, options).loss));
}

/** linearCrossEntropy with the entropy of each row and whether its label is the most probable one. */
export function linearTokenStatistics(
  hidden: Tensor,
  weight: Tensor,
  labels: Tensor,
  options: CrossEntropyOptions = {},
): LinearTokenStatistics {
  const inputs = { hidden, weight, labels };
  return run('linearTokenStatistics', inputs, { ...options, statistics: true });
}

interface Inputs {
  readonly hidden: Tensor;
  readonly weight: Tensor;
  readonly labels: Tensor;
}

function run(
  op: string,
  inputs: Inputs,
  options: CrossEntropyOptions & { readonly statistics: boolean },
): LinearTokenStatistics {
  checkInputs(op, inputs);
  const {
    ignoreIndex = IGNORE_INDEX,
    reduction = 'mean',
    labelSmoothing = 0,
    statistics,
  } = options;
  checkSmoothing(op, labelSmoothing);
  const attrs = { ignoreIndex, reduction, labelSmoothing, statistics };
  return scope(() => runKernel(inputs, attrs));
}

function runKernel(
  { hidden, weight, labels }: Inputs,
  attrs: Omit<LinearLossAttrs, 'hidden' | 'weight'>,
): LinearTokenStatistics {
  const flat = {
    hidden: tf.reshape(hidden, [-1, weight.shape[1]!]),
    weight,
    labels: tf.reshape(labels, [-1]),
  };
  const wanted = { hidden: needsGradient(hidden), weight: needsGradient(weight) };
  const isByRow = attrs.reduction === 'none';
  const compute = isByRow ? tokenLosses : scalarLoss;
  const [loss, entropies, hits] = compute(flat, { ...attrs, ...wanted });
  const byRow = (values: Tensor) => (values.size === 0 ? values : tf.reshape(values, labels.shape));
  return { loss: isByRow ? byRow(loss!) : loss!, entropies: byRow(entropies!), hits: byRow(hits!) };
}

function tokenLosses(inputs: Record<keyof Inputs, Tensor>, attrs: LinearLossAttrs): Tensor[] {
  return tf.engine().runKernel<Tensor[]>('LinearTokenLoss', inputs, { ...attrs });
}

/** Its gradients come with it. */
function scalarLoss(inputs: Record<keyof Inputs, Tensor>, attrs: LinearLossAttrs): Tensor[] {
  const [loss, entropies, hits, dhidden, dweight] = noGradient(() =>
    tf.engine().runKernel<Tensor[]>('LinearCrossEntropy', inputs, { ...attrs }),
  );
  recordKnownGradients('LinearCrossEntropy', loss!, {
    hidden: { input: inputs.hidden, gradient: dhidden! },
    weight: { input: inputs.weight, gradient: dweight! },
  });
  return [loss!, entropies!, hits!];
}

function quantizedLoss(
  hidden: Tensor,
  weight: QuantizedWeight,
  labels: Tensor,
  options: CrossEntropyOptions,
): Tensor {
  const op = 'linearCrossEntropy';
  const C = weight.shape[1];
  expectFeatures(op, 'hidden', hidden);
  expectShape(op, 'hidden', hidden, [...hidden.shape.slice(0, -1), C], '[.., C]');
  checkLabels(op, hidden, labels);
  const { ignoreIndex = IGNORE_INDEX, reduction = 'mean', labelSmoothing = 0 } = options;
  checkSmoothing(op, labelSmoothing);
  return scope(() => {
    if (reduction === 'none') {
      const logits = quantizedLinear(hidden, weight, undefined, { activations: 'float32' });
      return crossEntropy(logits, labels, options);
    }
    const flat = { hidden: tf.reshape(hidden, [-1, C]), weight, labels: tf.reshape(labels, [-1]) };
    return quantizedCrossEntropy(flat, { ignoreIndex, reduction, labelSmoothing });
  });
}

function checkInputs(op: string, { hidden, weight, labels }: Inputs): void {
  expectFeatures(op, 'hidden', hidden);
  expectDtype(op, 'weight', weight, 'float32');
  expectShape(op, 'weight', weight, [null, hidden.shape[hidden.rank - 1]!], '[V, C]');
  checkLabels(op, hidden, labels);
}

function checkLabels(op: string, hidden: Tensor, labels: Tensor): void {
  expectDtype(op, 'labels', labels, 'int32');
  expectShape(op, 'labels', labels, hidden.shape.slice(0, -1), '[..]');
}

function checkSmoothing(op: string, labelSmoothing: number): void {
  if (labelSmoothing >= 0 && labelSmoothing <= 1) return;
  fail(op, 'labelSmoothing', 'a number from 0 to 1', String(labelSmoothing), '0 turns it off.');
}
