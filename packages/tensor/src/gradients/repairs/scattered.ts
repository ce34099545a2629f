// Operations that pick elements: GatherV2, GatherNd, ScatterNd, StridedSlice and TopK. The gradient of
// each puts dy's elements back where they came from and adds what meets there. tfjs has none for the
// last four; its GatherV2 handles one batch dimension at most, with operations it has not loaded.
import * as tf from '@tensorflow/tfjs-core';
import type { GradConfig, NamedAttrMap, Tensor } from '@tensorflow/tfjs-core';

/** Zeros of `shape`, plus values[i] at the flat place places[i]. */
function scatteredInto(shape: readonly number[], values: Tensor, places: Tensor): Tensor {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const flat = tf.reshape(places, [-1]) as tf.Tensor1D;
  return tf.reshape(tf.unsortedSegmentSum(tf.reshape(values, [-1]), flat, size), [...shape]);
}

/** x is [batch, outer, dim, slice]; dy [batch, outer, count, slice]; each batch has indices of its own. */
export const gatherGradient: GradConfig = {
  kernelName: 'GatherV2',
  inputsToSave: ['x', 'indices'],
  gradFunc: (dy, saved, attrs) => {
    const [x, indices] = saved as [Tensor, Tensor];
    const { axis, batchDims = 0 } = attrs as { axis: number; batchDims?: number };
    const place = tf.util.parseAxisParam(axis, x.shape)[0]!;
    const sizes = [
      x.shape.slice(0, batchDims),
      x.shape.slice(batchDims, place),
      x.shape.slice(place + 1),
    ];
    const [batch, outer, slice] = sizes.map((part) => tf.util.sizeFromShape(part)) as [
      number,
      number,
      number,
    ];
    const dim = x.shape[place]!;
    const count = batch === 0 ? 0 : indices.size / batch;
    const dx = () => {
      const rows = tf.transpose(
        tf.reshape(dy as Tensor, [batch, outer, count, slice]),
        [0, 2, 1, 3],
      );
      const ids = rowsOfBatches(indices, batch, dim);
      const sums = tf.unsortedSegmentSum(
        tf.reshape(rows, [batch * count, outer * slice]),
        ids,
        batch * dim,
      );
      const ordered = tf.transpose(tf.reshape(sums, [batch, dim, outer, slice]), [0, 2, 1, 3]);
      return tf.reshape(ordered, x.shape);
    };
    return { x: dx, indices: () => tf.zeros(indices.shape) };
  },
};

/** Index i of batch b names row b · dim + i of all batches. */
function rowsOfBatches(indices: Tensor, batch: number, dim: number): tf.Tensor1D {
  if (batch <= 1) return tf.reshape(indices, [-1]) as tf.Tensor1D;
  const first = tf.reshape(tf.range(0, batch * dim, dim, 'int32'), [batch, 1]);
  return tf.reshape(tf.add(tf.reshape(indices, [batch, -1]), first), [-1]) as tf.Tensor1D;
}

export const gatherNdGradient: GradConfig = {
  kernelName: 'GatherNd',
  inputsToSave: ['params', 'indices'],
  gradFunc: (dy, saved) => {
    const [params, indices] = saved as [Tensor, Tensor];
    return {
      params: () => tf.scatterND(indices, dy as Tensor, params.shape),
      indices: () => tf.zeros(indices.shape),
    };
  },
};

export const scatterNdGradient: GradConfig = {
  kernelName: 'ScatterNd',
  inputsToSave: ['indices'],
  gradFunc: (dy, saved) => {
    const indices = saved[0]!;
    return {
      indices: () => tf.zeros(indices.shape),
      updates: () => tf.gatherND(dy as Tensor, indices),
    };
  },
};

/** The same slice of the elements' own numbers says where dy's elements came from. */
export const stridedSliceGradient: GradConfig = {
  kernelName: 'StridedSlice',
  inputsToSave: ['x'],
  gradFunc: (dy, saved, attrs: NamedAttrMap) => {
    const x = saved[0]!;
    const dx = () => {
      const numbers = tf.reshape(tf.range(0, x.size, 1, 'int32'), x.shape);
      const places = tf.engine().runKernel<Tensor>('StridedSlice', { x: numbers }, attrs);
      return scatteredInto(x.shape, dy as Tensor, places);
    };
    return { x: dx };
  },
};

/** Only the values have a gradient; row r's place p is element r · columns + p. */
export const topKGradient: GradConfig = {
  kernelName: 'TopK',
  inputsToSave: ['x'],
  outputsToSave: [false, true],
  gradFunc: (gradients, saved) => {
    const [x, places] = saved as [Tensor, Tensor];
    const dy = (gradients as Tensor[])[0]!;
    const columns = x.shape[x.rank - 1]!;
    const rows = x.size / Math.max(1, columns);
    const dx = () => {
      const starts = tf.reshape(tf.range(0, rows * columns, columns, 'int32'), [rows, 1]);
      const flat = tf.add(tf.reshape(places, [rows, -1]), starts);
      return scatteredInto(x.shape, dy, flat);
    };
    return { x: dx };
  },
};
