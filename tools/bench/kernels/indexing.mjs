// Gathering, scattering, searching.
import { ROWS, values, floats, ints, bools, call, MATRIX, SHOWN, work } from './make-work.mjs';

export const INDEXING = [
  work('GatherV2', `${SHOWN} by [256]`, (tf) => {
    const [x, indices] = [floats(tf, MATRIX), ints(tf, [256], ROWS)];
    return () => call(tf, 'GatherV2', { x, indices }, { axis: 0, batchDims: 0 });
  }),
  work('GatherNd', `${SHOWN} by [4096, 2]`, (tf) => {
    const [params, indices] = [floats(tf, MATRIX), ints(tf, [4096, 2], ROWS)];
    return () => call(tf, 'GatherNd', { params, indices });
  }),
  work('ScatterNd', `[4096] into ${SHOWN}`, (tf) => {
    const [indices, updates] = [ints(tf, [4096, 2], ROWS), floats(tf, [4096])];
    return () => call(tf, 'ScatterNd', { indices, updates }, { shape: MATRIX });
  }),
  work('TensorScatterUpdate', `[4096] into ${SHOWN}`, (tf) => {
    const inputs = {
      tensor: floats(tf, MATRIX),
      indices: ints(tf, [4096, 2], ROWS),
      updates: floats(tf, [4096]),
    };
    return () => call(tf, 'TensorScatterUpdate', inputs, {});
  }),
  work('SparseToDense', `[4096] into ${SHOWN}`, (tf) => {
    const inputs = {
      sparseIndices: ints(tf, [4096, 2], ROWS),
      sparseValues: floats(tf, [4096]),
      defaultValue: tf.scalar(0),
    };
    return () => call(tf, 'SparseToDense', inputs, { outputShape: MATRIX });
  }),
  work('UnsortedSegmentSum', `${SHOWN} into 64 rows`, (tf) => {
    const [x, segmentIds] = [floats(tf, MATRIX), ints(tf, [ROWS], 64)];
    return () => call(tf, 'UnsortedSegmentSum', { x, segmentIds }, { numSegments: 64 });
  }),
  work('SearchSorted', '[1, 4096], 4096 values', (tf) => {
    const sortedSequence = tf.tensor2d(values(4096, 0, 1).sort(), [1, 4096]);
    const searched = floats(tf, [1, 4096], 0, 1);
    return () => call(tf, 'SearchSorted', { sortedSequence, values: searched }, { side: 'left' });
  }),
  work('Select', `${SHOWN} × 3`, (tf) => {
    const [condition, t, e] = [bools(tf, MATRIX), floats(tf, MATRIX), floats(tf, MATRIX)];
    return () => call(tf, 'Select', { condition, t, e });
  }),
  work('StridedSlice', `${SHOWN}, every second`, (tf) => {
    const x = floats(tf, MATRIX);
    return () => tf.stridedSlice(x, [0, 0], MATRIX, [2, 2]);
  }),
  work('OneHot', '[1024], depth 256', (tf) => {
    const indices = ints(tf, [1024], 256);
    return () =>
      call(tf, 'OneHot', { indices }, { depth: 256, onValue: 1, offValue: 0, dtype: 'float32' });
  }),
  work('Bincount', '65,536 numbers, 1,000 bins', (tf) => {
    const inputs = { x: ints(tf, [65536], 1000), weights: tf.tensor1d([]) };
    return () => call(tf, 'Bincount', inputs, { size: 1000 });
  }),
  work('DenseBincount', '[64, 1024], 1,000 bins', (tf) => {
    const inputs = { x: ints(tf, [64, 1024], 1000), weights: tf.tensor2d([], [0, 0]) };
    return () => call(tf, 'DenseBincount', inputs, { size: 1000, binaryOutput: false });
  }),
  work('Multinomial', '[16, 1000], 64 samples', (tf) => {
    const logits = floats(tf, [16, 1000]);
    return () =>
      call(tf, 'Multinomial', { logits }, { numSamples: 64, seed: 7, normalized: false });
  }),
  work('Unique', '4096 numbers', (tf) => {
    const x = ints(tf, [4096], 1000);
    return () => call(tf, 'Unique', { x }, { axis: 0 });
  }),
];
