// Einsum of one or two tensors; tfjs has no gradient for it.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, Tensor } from '@tensorflow/tfjs-core';

/**
 * For y = einsum('A,B->Y', a, b): da = einsum('Y,B->A', dy, b). A label of A that neither Y nor B has was
 * summed: its elements share one gradient, so it is left out and then repeated.
 */
export const einsumGradient: GradConfig = {
  kernelName: 'Einsum',
  saveAllInputs: true,
  gradFunc: (gradient, saved, attrs) => {
    const dy = gradient as Tensor;
    const [inputs, result] = (attrs as { equation: string }).equation
      .replace(/\s/g, '')
      .split('->');
    const terms = inputs!.split(',');
    const gradientOf = (which: number) => {
      const others = terms.flatMap((term, i) => (i === which ? [] : [{ term, tensor: saved[i]! }]));
      const known = [{ term: result!, tensor: dy }, ...others];
      return derivative(known, terms[which]!, saved[which]!.shape);
    };
    const gradients = terms.map((_, i) => [i, () => gradientOf(i)] as const);
    return Object.fromEntries(gradients);
  },
};

function derivative(
  known: readonly { term: string; tensor: Tensor }[],
  wanted: string,
  shape: readonly number[],
): Tensor {
  const labels = [...wanted];
  const isKnown = (label: string) => known.some(({ term }) => term.includes(label));
  const equation = `${known.map(({ term }) => term).join(',')}->${labels.filter(isKnown).join('')}`;
  const partial = tf.einsum(equation, ...known.map(({ tensor }) => tensor));
  if (labels.every(isKnown)) return partial;
  const kept = shape.map((dim, d) => (isKnown(labels[d]!) ? dim : 1));
  return tf.tile(
    tf.reshape(partial, kept),
    shape.map((dim, d) => (isKnown(labels[d]!) ? 1 : dim)),
  );
}
