// The kernels that write in place, for TensorFlow's backends: computed on the device with tf
// operations, then exchanged for what the data id held.
import * as tf from '@tensorflow/tfjs-core';
import type { KernelFunc, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { adamWInputs, type AdamWAttrs } from '../../kernels/adam-w-step.ts';
import { composite, required, type FusedKernel } from '../../kernels/composite.ts';
import type { EmbeddingGradAttrs } from '../../kernels/embedding.ts';
import type { PagedWriteAttrs } from '../../kernels/cache-attention.ts';
import {
  momentumInputs,
  type LionAttrs,
  type SgdMomentumAttrs,
} from '../../kernels/momentum-steps.ts';
import type { KvCacheWriteAttrs } from '../../kernels/kv-cache-write.ts';
import { replaceData } from './replace-data.ts';

const adamWStep: KernelFunc = ({ inputs, attrs, backend }) => {
  const step = attrs as AdamWAttrs;
  step.decays.forEach((decay, i) => {
    const tensors = adamWInputs(inputs, i) as Record<'p' | 'g' | 'm' | 'v', Tensor>;
    const { p, m, v } = tensors;
    replaceData(backend, [p, m, v], () => updated(tensors, { decay, l2: step.l2s[i]! }, step));
  });
  return [];
};

/** Parameter and moments after the step; the formula is `adamWStep`'s. */
function updated(
  { p, g, m, v }: Record<'p' | 'g' | 'm' | 'v', Tensor>,
  { decay, l2 }: { readonly decay: number; readonly l2: number },
  { b1, b2, eps, gradScale, stepSize, nuScale }: AdamWAttrs,
): [Tensor, Tensor, Tensor] {
  const gradient = tf.add(tf.mul(g, gradScale), tf.mul(p, l2));
  const mean = tf.add(tf.mul(m, b1), tf.mul(gradient, 1 - b1));
  const square = tf.add(tf.mul(v, b2), tf.mul(tf.square(gradient), 1 - b2));
  const denominator = tf.add(tf.mul(tf.sqrt(square), nuScale), eps);
  const moved = tf.div(tf.mul(mean, stepSize), denominator);
  return [tf.sub(tf.mul(p, decay), moved), mean, square];
}

const sgdMomentumStep: KernelFunc = ({ inputs, attrs, backend }) => {
  const { momentum, gain, nesterov, learningRate, gradScale, l2s } = attrs as SgdMomentumAttrs;
  l2s.forEach((l2, i) => {
    const { p, g, m } = momentumInputs(inputs, i) as Record<'p' | 'g' | 'm', Tensor>;
    replaceData(backend, [p, m], () => {
      const gradient = tf.add(tf.mul(g, gradScale), tf.mul(p, l2));
      const buffer = tf.add(tf.mul(m, momentum), tf.mul(gradient, gain));
      const direction = nesterov ? tf.add(gradient, tf.mul(buffer, momentum)) : buffer;
      return [tf.sub(p, tf.mul(direction, learningRate)), buffer];
    });
  });
  return [];
};

const lionStep: KernelFunc = ({ inputs, attrs, backend }) => {
  const { b1, b2, learningRate, gradScale, decays } = attrs as LionAttrs;
  decays.forEach((decay, i) => {
    const { p, g, m } = momentumInputs(inputs, i) as Record<'p' | 'g' | 'm', Tensor>;
    replaceData(backend, [p, m], () => {
      const gradient = tf.mul(g, gradScale);
      const sign = tf.sign(tf.add(tf.mul(m, b1), tf.mul(gradient, 1 - b1)));
      const mean = tf.add(tf.mul(m, b2), tf.mul(gradient, 1 - b2));
      return [tf.sub(tf.mul(p, decay), tf.mul(sign, learningRate)), mean];
    });
  });
  return [];
};

/** {sum [..], term [..]}: sum += term */
const addInto: KernelFunc = ({ inputs, backend }) => {
  const { sum, term } = inputs as Record<'sum' | 'term', Tensor>;
  replaceData(backend, [sum], () => [tf.add(sum, term)]);
  return [];
};

/** {cache [B, Smax, K, D], x [B, T, K, D]}: cache[:, position : position + T] = x */
const kvCacheWrite: KernelFunc = ({ inputs, attrs, backend }) => {
  const { cache, x } = inputs as Record<'cache' | 'x', Tensor>;
  const { position } = attrs as KvCacheWriteAttrs;
  const Smax = cache.shape[1]!;
  const end = position + x.shape[1]!;
  const along = (start: number, size: number) =>
    tf.slice(cache, [0, start, 0, 0], [-1, size, -1, -1]);
  replaceData(backend, [cache], () => [
    tf.concat([along(0, position), x, along(end, Smax - end)], 1),
  ]);
  return [];
};

/** {cache [1, S, K, W], x [B, T, K, W], table, lengths}: the last T positions of each item become x[b] */
const pagedCacheWrite: KernelFunc = ({ inputs, attrs, backend }) => {
  const { cache, x, table, lengths } = inputs as Record<
    'cache' | 'x' | 'table' | 'lengths',
    Tensor
  >;
  const { block } = attrs as PagedWriteAttrs;
  const [B = 0, T = 0, K = 0, W = 0] = x.shape;
  const [places, ends] = [table, lengths].map((tensor) => tensor.dataSync<'int32'>());
  const rows = Array.from({ length: B * T }, (_, i) => {
    const position = ends![Math.floor(i / T)]! - T + (i % T);
    const column = Math.floor(i / T) * table.shape[1]! + Math.floor(position / block);
    return [places![column]! * block + (position % block)];
  });
  replaceData(backend, [cache], () => {
    const pool = tf.reshape(cache, [cache.shape[1]!, K * W]);
    const indices = tf.tensor2d(rows, [B * T, 1], 'int32');
    const written = tf.tensorScatterUpdate(pool, indices, tf.reshape(x, [B * T, K * W]));
    return [tf.reshape(written, cache.shape)];
  });
  return [];
};

/** {dy [.., C], ids int32 [..]} → the sums of the rows of one id [V, C] */
function rowSums(dy: Tensor, ids: Tensor, vocabSize: number): Tensor {
  const rows = tf.reshape(dy, [ids.size, dy.shape[dy.rank - 1]!]);
  return tf.unsortedSegmentSum(rows, tf.reshape(ids, [-1]) as Tensor1D, vocabSize);
}

const embeddingGrad = composite<EmbeddingGradAttrs>('EmbeddingGrad', (inputs, { vocabSize }) =>
  rowSums(required(inputs, 'dy'), required(inputs, 'ids'), vocabSize),
);

/** {sum [V, C], dy [.., C], ids int32 [..]}: the same added to `sum` */
const embeddingGradInto: KernelFunc = ({ inputs, backend }) => {
  const { sum, dy, ids } = inputs as Record<'sum' | 'dy' | 'ids', Tensor>;
  replaceData(backend, [sum], () => [tf.add(sum, rowSums(dy, ids, sum.shape[0]!))]);
  return [];
};

/** What `useBackend` registers for TensorFlow before the composites that serve every backend. */
export const TENSORFLOW_KERNELS: readonly FusedKernel[] = Object.freeze([
  { kernelName: 'AdamWStep', kernelFunc: adamWStep },
  { kernelName: 'SgdMomentumStep', kernelFunc: sgdMomentumStep },
  { kernelName: 'LionStep', kernelFunc: lionStep },
  { kernelName: 'AddInto', kernelFunc: addInto },
  { kernelName: 'KvCacheWrite', kernelFunc: kvCacheWrite },
  { kernelName: 'PagedCacheWrite', kernelFunc: pagedCacheWrite },
  embeddingGrad,
  { kernelName: 'EmbeddingGradInto', kernelFunc: embeddingGradInto },
]);
