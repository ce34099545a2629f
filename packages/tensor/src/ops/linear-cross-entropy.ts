import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { isTapeOn, needsGradient, noGradient, recordNode } from '../autodiff/tape.ts';
import type { LinearLossAttrs } from '../kernels/linear-cross-entropy.ts';
import { scope } from '../memory/scope.ts';
import { IGNORE_INDEX, type CrossEntropyOptions } from './cross-entropy.ts';
import { expectDtype, expectFeatures, expectShape, fail } from './expect.ts';

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
 * @param weight [V, C] float32 (a Linear's, or the embedding's that is tied to it)
 * @param labels [..] int32, each 0 … V−1 or ignoreIndex
 * @returns a scalar, or [..] for reduction 'none'; owned by the caller
 * @throws ShapeError; RangeError for a label outside the vocabulary
 */
export function linearCrossEntropy(
  hidden: Tensor,
  weight: Tensor,
  labels: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
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
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    fail(op, 'labelSmoothing', 'a number from 0 to 1', String(labelSmoothing), '0 turns it off.');
  }
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

/** Its gradients come with it, so the tape gets a step that hands them out. Recorded as a kernel of tfjs, they would be
 *  outputs, and the backward pass would make zeros of their size. */
function scalarLoss(inputs: Record<keyof Inputs, Tensor>, attrs: LinearLossAttrs): Tensor[] {
  const [loss, entropies, hits, ...gradients] = noGradient(() =>
    tf.engine().runKernel<Tensor[]>('LinearCrossEntropy', inputs, { ...attrs }),
  );
  if (isTapeOn()) {
    recordNode({
      kernelName: 'LinearCrossEntropy',
      inputs: { hidden: inputs.hidden, weight: inputs.weight },
      outputs: [loss!],
      saved: gradients.map((gradient) => tf.keep(gradient)),
      gradient: (dys: Tensor[]) => scaledGradients(gradients, dys[0]!),
    });
  }
  return [loss!, entropies!, hits!];
}

function scaledGradients(gradients: readonly Tensor[], dy: Tensor): Record<string, () => Tensor> {
  const isOne = dy.dataSync()[0] === 1; // as in training, where no second array is wanted
  const scaled = (gradient: Tensor) => (isOne ? tf.clone(gradient) : tf.mul(gradient, dy));
  return { hidden: () => scaled(gradients[0]!), weight: () => scaled(gradients[1]!) };
}

function checkInputs(op: string, { hidden, weight, labels }: Inputs): void {
  expectFeatures(op, 'hidden', hidden);
  expectDtype(op, 'weight', weight, 'float32');
  expectShape(op, 'weight', weight, [null, hidden.shape[hidden.rank - 1]!], '[V, C]');
  expectDtype(op, 'labels', labels, 'int32');
  expectShape(op, 'labels', labels, hidden.shape.slice(0, -1), '[..]');
}
