/** GatherV2 of the wasm backend is wrong with batch dimensions. Here it gathers rows of all batches at once. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { KernelWrapper } from './wrap-kernel.ts';

export const withBatchDims: KernelWrapper = (original) => (params) => {
  const { axis, batchDims = 0 } = params.attrs as { axis: number; batchDims?: number };
  if (batchDims === 0) return original(params);
  const { x, indices } = params.inputs as Record<'x' | 'indices', Tensor>;
  return tf.tidy(() => gatherRows(x, indices, axis, batchDims));
};

function gatherRows(x: Tensor, indices: Tensor, axis: number, batchDims: number): Tensor {
  const place = tf.util.parseAxisParam(axis, x.shape)[0] as number;
  const { batchSize, outerSize, dimSize, sliceSize, outputShape } =
    tf.backend_util.segment_util.collectGatherOpShapeInfo(x, indices, place, batchDims);
  const planes = tf.reshape(x, [batchSize, outerSize, dimSize, sliceSize]);
  const rows = tf.reshape(tf.transpose(planes, [0, 2, 1, 3]), [batchSize * dimSize, -1]);
  const starts = tf.range(0, batchSize * dimSize, dimSize, 'int32'); // each batch's first row
  const ids = tf.add(tf.reshape(indices, [batchSize, -1]), tf.reshape(starts, [batchSize, 1]));
  const picked = tf.gather(rows, tf.reshape(ids, [-1]) as tf.Tensor1D);
  const ordered = tf.transpose(
    tf.reshape(picked, [batchSize, -1, outerSize, sliceSize]),
    [0, 2, 1, 3],
  );
  return tf.reshape(ordered, outputShape);
}
