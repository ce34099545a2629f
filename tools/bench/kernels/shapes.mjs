// Joining and cutting tensors, shapes, and constants.
import { ROWS, COLUMNS, floats, call, MATRIX, SHOWN, work } from './make-work.mjs';

export const SHAPES = [
  work('AddN', `4 of ${SHOWN}`, (tf) => {
    const tensors = [1, 2, 3, 4].map(() => floats(tf, MATRIX));
    return () => call(tf, 'AddN', tensors);
  }),
  work('Concat', `2 of ${SHOWN} along 1`, (tf) => {
    const tensors = [floats(tf, MATRIX), floats(tf, MATRIX)];
    return () => call(tf, 'Concat', tensors, { axis: 1 });
  }),
  work('Pack', `4 of ${SHOWN}`, (tf) => {
    const tensors = [1, 2, 3, 4].map(() => floats(tf, MATRIX));
    return () => call(tf, 'Pack', tensors, { axis: 0 });
  }),
  work('Unpack', '[8, 64, 512]', (tf) => {
    const value = floats(tf, [8, 64, 512]);
    return () => call(tf, 'Unpack', { value }, { axis: 0 });
  }),
  work('ExpandDims', SHOWN, (tf) => {
    const input = floats(tf, MATRIX);
    return () => call(tf, 'ExpandDims', { input }, { dim: 0 });
  }),
  work('Reshape', SHOWN, (tf) => {
    const x = floats(tf, MATRIX);
    return () => call(tf, 'Reshape', { x }, { shape: [ROWS * COLUMNS] });
  }),
  work('BatchToSpaceND', '[16, 32, 32, 8]', (tf) => {
    const x = floats(tf, [16, 32, 32, 8]);
    return () =>
      call(
        tf,
        'BatchToSpaceND',
        { x },
        {
          blockShape: [2, 2],
          crops: [
            [0, 0],
            [0, 0],
          ],
        },
      );
  }),
  work('SpaceToBatchND', '[4, 64, 64, 8]', (tf) => {
    const x = floats(tf, [4, 64, 64, 8]);
    return () =>
      call(
        tf,
        'SpaceToBatchND',
        { x },
        {
          blockShape: [2, 2],
          paddings: [
            [0, 0],
            [0, 0],
          ],
        },
      );
  }),
  work('DepthToSpace', '[4, 32, 32, 32]', (tf) => {
    const x = floats(tf, [4, 32, 32, 32]);
    return () => call(tf, 'DepthToSpace', { x }, { blockSize: 2, dataFormat: 'NHWC' });
  }),
  work('Diag', '[512]', (tf) => {
    const x = floats(tf, [512]);
    return () => call(tf, 'Diag', { x });
  }),
  work(
    'Fill',
    SHOWN,
    (tf) => () => call(tf, 'Fill', {}, { shape: MATRIX, value: 1, dtype: 'float32' }),
  ),
  work(
    'Range',
    '65,536 numbers',
    (tf) => () => call(tf, 'Range', {}, { start: 0, stop: 65536, step: 1, dtype: 'float32' }),
  ),
  work(
    'LinSpace',
    '65,536 numbers',
    (tf) => () => call(tf, 'LinSpace', {}, { start: 0, stop: 1, num: 65536 }),
  ),
  work('BroadcastArgs', 'two shapes', (tf) => {
    const [s0, s1] = [tf.tensor1d([3, 1], 'int32'), tf.tensor1d([1, 4], 'int32')];
    return () => call(tf, 'BroadcastArgs', { s0, s1 });
  }),
];
