// Cross-entropy of hidden · weightᵀ for a frozen weight in blocks or bf16, without all logits: rows go through in
// chunks, forwards and backwards, as linearCrossEntropy's do (Hsu et al. 2024, arXiv 2410.10989).
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { recordKnownGradients } from '../autodiff/known-gradients.ts';
import { needsGradient, noGradient } from '../autodiff/tape.ts';
import { labelError, type CrossEntropyAttrs } from '../kernels/cross-entropy.ts';
import { scope } from '../memory/scope.ts';
import type { QuantizedWeight } from '../quantized/quantized-weight.ts';
import { quantizedLinear } from './quantized.ts';

const CHUNK_LOGITS = 8 * 2 ** 20; // 32 MiB, and as much for their gradients
const MIN_CHUNK_ROWS = 128; // below that, the products wait for the weight

interface Inputs {
  readonly hidden: Tensor; // [N, C]
  readonly weight: QuantizedWeight; // [V, C]
  readonly labels: Tensor; // int32 [N]
}

/** The mean or the sum of the losses; with the gradient of `hidden`, where somebody wants it. */
export function quantizedCrossEntropy(inputs: Inputs, attrs: CrossEntropyAttrs): Tensor {
  const { hidden } = inputs;
  const wantsGradient = needsGradient(hidden);
  const [loss, gradient] = noGradient(() =>
    scope(() => lossAndGradient(inputs, attrs, wantsGradient)),
  );
  if (gradient)
    recordKnownGradients('LinearCrossEntropy', loss, { hidden: { input: hidden, gradient } });
  return loss;
}

function lossAndGradient(
  { hidden, weight, labels }: Inputs,
  attrs: CrossEntropyAttrs,
  wantsGradient: boolean,
): [loss: Tensor, gradient?: Tensor] {
  const rows = countedRows(labels, weight.shape[0], attrs.ignoreIndex);
  const [N, C] = hidden.shape as [number, number];
  const scale = attrs.reduction === 'mean' ? 1 / rows.length : 1;
  if (rows.length === 0) {
    const nothing = tf.scalar(0 * scale); // a mean of nothing is NaN
    return wantsGradient ? [nothing, tf.zeros([N, C])] : [nothing];
  }
  const isAll = rows.length === N;
  const ids = tf.tensor1d(rows, 'int32');
  const counted = {
    hidden: isAll ? hidden : tf.gather(hidden, ids),
    weight,
    labels: isAll ? labels : tf.gather(labels, ids),
  };
  const chunks = chunksOf(rows.length, weight.shape[0]).map((chunk) =>
    scope(() => chunkLoss(slice(counted, chunk), { ...attrs, scale, wantsGradient })),
  );
  const loss = tf.mul(tf.addN(chunks.map(([sum]) => sum)), scale);
  if (!wantsGradient) return [loss];
  const gradient = tf.concat(chunks.map(([, part]) => part!));
  return [loss, isAll ? gradient : tf.scatterND(tf.expandDims(ids, 1), gradient, [N, C])];
}

/** The sum of the losses of some rows, all of which count, and `scale` times its gradient [rows, C]. */
function chunkLoss(
  { hidden, weight, labels }: Inputs,
  attrs: CrossEntropyAttrs & { readonly scale: number; readonly wantsGradient: boolean },
): [sum: Tensor, gradient?: Tensor] {
  const { scale, wantsGradient, ignoreIndex, labelSmoothing } = attrs;
  const kernelAttrs = { ignoreIndex, labelSmoothing, reduction: 'sum' };
  const logits = quantizedLinear(hidden, weight, undefined, { activations: 'float32' });
  const inputs = { logits, labels };
  const [sum, logSumExp] = tf.engine().runKernel<Tensor[]>('CrossEntropy', inputs, kernelAttrs);
  if (!wantsGradient) return [sum!];
  const gradInputs = { dy: tf.scalar(scale), ...inputs, logSumExp: logSumExp! };
  const dlogits = tf.engine().runKernel<Tensor>('CrossEntropyGrad', gradInputs, kernelAttrs);
  logits.dispose();
  const { bytes, attrs: weightAttrs } = weight.kernelArguments('linearCrossEntropy');
  const dy = dlogits;
  return [
    sum!,
    tf.engine().runKernel<Tensor>('QuantizedLinearGradInput', { dy, bytes }, weightAttrs),
  ];
}

/** The rows whose label is not ignored. */
function countedRows(labels: Tensor, V: number, ignoreIndex: number): number[] {
  const rows: number[] = [];
  labels.dataSync().forEach((label, i) => {
    if (label === ignoreIndex) return;
    if (!(label >= 0 && label < V)) throw labelError(label, i, V, ignoreIndex);
    rows.push(i);
  });
  return rows;
}

function chunksOf(rows: number, V: number): { first: number; count: number }[] {
  const size = Math.max(Math.floor(CHUNK_LOGITS / V), MIN_CHUNK_ROWS);
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) => ({
    first: i * size,
    count: Math.min(size, rows - i * size),
  }));
}

function slice(
  { hidden, weight, labels }: Inputs,
  chunk: { first: number; count: number },
): Inputs {
  const { first, count } = chunk;
  return { hidden: tf.slice(hidden, first, count), weight, labels: tf.slice(labels, first, count) };
}
