// Cross-entropy of hidden · weightᵀ. A scalar loss comes with its gradients, computed while the
// logits are there (Hsu et al. 2024, arXiv 2410.10989), so that native never holds all logits and
// computes them once; losses of single rows keep their inputs and compute the logits again.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite, required, type KernelInputs } from './composite.ts';
import type { CrossEntropyAttrs } from './cross-entropy.ts';
import { matMulTransposedA, matMulTransposedB } from './mat-mul-transposed.ts';

/** Which gradients somebody will ask for. What is not wanted comes back with no elements. */
export type WantedGradients = { hidden: boolean; weight: boolean };
export type LinearLossAttrs = CrossEntropyAttrs & WantedGradients & { statistics: boolean };

/** {hidden [N, C], weight [V, C], labels [N]} → [loss [], entropies [N], hits [N], dhidden, dweight] */
export const linearCrossEntropy = composite<LinearLossAttrs>(
  'LinearCrossEntropy',
  (inputs, attrs) => {
    const { logits, labels } = logitsOf(inputs);
    const [loss, logSumExp] = run('CrossEntropy', { logits, labels }, attrs);
    const dlogits = (): Tensor =>
      run(
        'CrossEntropyGrad',
        { dy: tf.scalar(1), logits, labels, logSumExp: logSumExp! },
        attrs,
      )[0]!;
    const statistics = statisticsOf({ logits, labels, logSumExp: logSumExp! }, attrs);
    return [loss!, ...statistics, ...gradients(inputs, attrs, dlogits)];
  },
);

/** {hidden [N, C], weight [V, C], labels [N]} → [losses [N], entropies [N], hits [N]] */
export const linearTokenLoss = composite<LinearLossAttrs>('LinearTokenLoss', (inputs, attrs) => {
  const { logits, labels } = logitsOf(inputs);
  const [losses, logSumExp] = run('CrossEntropy', { logits, labels }, attrs);
  return [losses!, ...statisticsOf({ logits, labels, logSumExp: logSumExp! }, attrs)];
});

/** {dy [N], hidden [N, C], weight [V, C], labels [N]} → [dhidden, dweight] */
export const linearTokenLossGrad = composite<LinearLossAttrs>(
  'LinearTokenLossGrad',
  (inputs, attrs) => {
    const { logits, labels } = logitsOf(inputs);
    const dy = required(inputs, 'dy');
    const logSumExp = tf.logSumExp(logits, 1);
    const dlogits = (): Tensor =>
      run('CrossEntropyGrad', { dy, logits, labels, logSumExp }, attrs)[0]!;
    return gradients(inputs, attrs, dlogits);
  },
);

function run(kernelName: string, inputs: Record<string, Tensor>, attrs: LinearLossAttrs): Tensor[] {
  const { ignoreIndex, labelSmoothing, reduction } = attrs;
  const kernelAttrs = { ignoreIndex, labelSmoothing, reduction };
  return [tf.engine().runKernel<Tensor | Tensor[]>(kernelName, inputs, kernelAttrs)].flat();
}

function logitsOf(inputs: KernelInputs): { logits: Tensor; labels: Tensor } {
  const hidden = required(inputs, 'hidden') as tf.Tensor2D;
  const weight = required(inputs, 'weight') as tf.Tensor2D;
  return { logits: matMulTransposedB(hidden, weight), labels: required(inputs, 'labels') };
}

function statisticsOf(
  { logits, labels, logSumExp }: Record<'logits' | 'labels' | 'logSumExp', Tensor>,
  { statistics, ignoreIndex }: LinearLossAttrs,
): Tensor[] {
  if (!statistics) return [tf.zeros([0]), tf.zeros([0])];
  const counted = tf.notEqual(labels, tf.scalar(ignoreIndex, 'int32')); // [N]
  const V = logits.shape[1]!;
  const logprobs = tf.sub(logits, tf.expandDims(logSumExp, 1)); // [N, V]
  const probabilities = tf.exp(logprobs);
  // A class at −∞ has no part: 0 · −∞ would be NaN.
  const terms = tf.where(
    tf.greater(probabilities, 0),
    tf.mul(probabilities, logprobs),
    tf.zerosLike(logits),
  );
  const entropies = tf.neg(tf.sum(terms, 1));
  const isLabel = tf.equal(
    tf.expandDims(labels, 1),
    tf.reshape(tf.range(0, V, 1, 'int32'), [1, V]),
  );
  const isTop = tf.greaterEqual(logits, tf.max(logits, 1, true)); // [N, V]
  const hits = tf.cast(tf.any(tf.logicalAnd(isLabel, isTop), 1), 'float32');
  const zeros = tf.zerosLike(entropies);
  return [tf.where(counted, entropies, zeros), tf.where(counted, hits, zeros)];
}

function gradients(inputs: KernelInputs, wanted: WantedGradients, compute: () => Tensor): Tensor[] {
  const none = (): Tensor => tf.zeros([0]);
  if (!wanted.hidden && !wanted.weight) return [none(), none()];
  const hidden = required(inputs, 'hidden') as tf.Tensor2D;
  const weight = required(inputs, 'weight') as tf.Tensor2D;
  const dlogits = compute() as tf.Tensor2D; // [N, V]
  return [
    wanted.hidden ? tf.matMul(dlogits, weight) : none(),
    wanted.weight ? matMulTransposedA(dlogits, hidden) : none(),
  ];
}
