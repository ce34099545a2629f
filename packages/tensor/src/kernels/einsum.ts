// Einsum of one or two tensors: what only one operand has is summed first, then one batched matrix
// product contracts the dimensions that both share and the result lacks. For backends that have no
// Einsum (wasm), and for native, whose matrix product it uses.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite } from './composite.ts';

export type EinsumAttrs = { equation: string };

/** A tensor whose dimensions carry the equation's labels, as numbers. */
interface Labelled {
  readonly tensor: Tensor;
  readonly labels: readonly number[];
}

/** {0, 1} → as `equation` says: no repeated label in a term, no ellipsis. */
export const einsum = composite<EinsumAttrs>('Einsum', (inputs, { equation }) => {
  const tensors = Object.values(inputs);
  const { allDims, summedDims, idDims } = tf.backend_util.decodeEinsumEquation(
    equation,
    tensors.length,
  );
  tf.backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors);
  const rank = allDims.length - summedDims.length; // the result's labels are 0, 1, …, rank − 1
  const isKept = (label: number) => label < rank;
  const [a, b] = tensors.map((tensor, i) => ({ tensor, labels: idDims[i]! }));
  if (b === undefined) return inOrder(keepOnly(a!, isKept), rank);
  const left = keepOnly(a!, (label) => isKept(label) || b.labels.includes(label));
  const right = keepOnly(b, (label) => isKept(label) || a!.labels.includes(label));
  return inOrder(product(left, right, isKept), rank);
});

const sizeOf = ({ tensor, labels }: Labelled, wanted: readonly number[]) =>
  wanted.reduce((size, label) => size * tensor.shape[labels.indexOf(label)]!, 1);

/** Sums the dimensions that are not wanted. */
function keepOnly({ tensor, labels }: Labelled, wanted: (label: number) => boolean): Labelled {
  const axes = labels.flatMap((label, axis) => (wanted(label) ? [] : [axis]));
  if (axes.length === 0) return { tensor, labels };
  return { tensor: tf.sum(tensor, axes), labels: labels.filter(wanted) };
}

/** [batch, rows, inner] times [batch, inner, columns], for the labels that each operand has. */
function product(a: Labelled, b: Labelled, isKept: (label: number) => boolean): Labelled {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter(isKept);
  const inner = shared.filter((label) => !isKept(label));
  const rows = a.labels.filter((label) => !shared.includes(label));
  const columns = b.labels.filter((label) => !shared.includes(label));
  const [B, M, K, N] = [sizeOf(a, batch), sizeOf(a, rows), sizeOf(a, inner), sizeOf(b, columns)];
  const left = tf.reshape(arranged(a, [...batch, ...rows, ...inner]), [B, M, K]);
  const right = tf.reshape(arranged(b, [...batch, ...inner, ...columns]), [B, K, N]);
  const shape = [...batch, ...rows].map((label) => sizeOf(a, [label]));
  const outShape = [...shape, ...columns.map((label) => sizeOf(b, [label]))];
  const tensor = tf.reshape(tf.matMul(left, right), outShape); // [B, M, K] · [B, K, N]
  return { tensor, labels: [...batch, ...rows, ...columns] };
}

function arranged({ tensor, labels }: Labelled, order: readonly number[]): Tensor {
  const perm = order.map((label) => labels.indexOf(label));
  return tf.transpose(tensor, perm);
}

function inOrder(result: Labelled, rank: number): Tensor {
  return arranged(
    result,
    Array.from({ length: rank }, (_, label) => label),
  );
}
