// Complex numbers, sparse and ragged tensors, text.
import { floats, call, MATRIX, SHOWN, work } from './make-work.mjs';

const complexOf = (tf, shape) => tf.complex(floats(tf, shape), floats(tf, shape));

export const COMPLEX = [
  work('Complex', SHOWN, (tf) => {
    const [real, imag] = [floats(tf, MATRIX), floats(tf, MATRIX)];
    return () => call(tf, 'Complex', { real, imag });
  }),
  ...['Real', 'Imag'].map((name) =>
    work(name, SHOWN, (tf) => {
      const input = complexOf(tf, MATRIX);
      return () => call(tf, name, { input });
    }),
  ),
  work('ComplexAbs', SHOWN, (tf) => {
    const x = complexOf(tf, MATRIX);
    return () => call(tf, 'ComplexAbs', { x });
  }),
  ...['FFT', 'IFFT'].map((name) =>
    work(name, '[16, 256]', (tf) => {
      const input = complexOf(tf, [16, 256]);
      return () => call(tf, name, { input });
    }),
  ),
];

const WORDS = ['the', 'quick', 'brown', 'fox', 'jumps', 'over', 'the', 'lazy', 'dog'];
const int1 = (tf, numbers) => tf.tensor1d(numbers, 'int32');

export const SPARSE_AND_TEXT = [
  work('SparseFillEmptyRows', '3 values in 4 rows', (tf) => {
    const indices = tf.tensor2d([0, 0, 1, 1, 3, 2], [3, 2], 'int32');
    return () => tf.sparse.sparseFillEmptyRows(indices, [1, 2, 3], int1(tf, [4, 4]), 0);
  }),
  work('SparseReshape', '[2, 3] to [3, 2]', (tf) => {
    const indices = tf.tensor2d([0, 0, 1, 2], [2, 2], 'int32');
    return () => tf.sparse.sparseReshape(indices, int1(tf, [2, 3]), int1(tf, [3, -1]));
  }),
  ...[
    ['SparseSegmentMean', 'sparseSegmentMean'],
    ['SparseSegmentSum', 'sparseSegmentSum'],
  ].map(([name, op]) =>
    work(name, `${SHOWN}, 64 rows into 32`, (tf) => {
      const data = floats(tf, MATRIX);
      const rows = int1(
        tf,
        Array.from({ length: 64 }, (_, i) => i * 3),
      );
      const segments = int1(
        tf,
        Array.from({ length: 64 }, (_, i) => i >> 1),
      );
      return () => tf.sparse[op](data, rows, segments);
    }),
  ),
  work('RaggedGather', '2 rows', (tf) => {
    const [splits, dense, indices] = [int1(tf, [0, 3, 3, 5]), floats(tf, [5]), int1(tf, [2, 0])];
    return () =>
      call(
        tf,
        'RaggedGather',
        { paramsNestedSplits: [splits], paramsDenseValues: dense, indices },
        { outputRaggedRank: 1 },
      );
  }),
  work('RaggedRange', '3 ranges', (tf) => {
    const [starts, limits, deltas] = [
      [0, 5, 8],
      [8, 7, 8],
      [2, 1, 1],
    ].map((n) => int1(tf, n));
    return () => call(tf, 'RaggedRange', { starts, limits, deltas });
  }),
  work('RaggedTensorToTensor', '4 rows', (tf) => {
    const inputs = {
      shape: int1(tf, [4, 4]),
      values: floats(tf, [9]),
      defaultValue: tf.scalar(1.5),
      rowPartitionTensors: [int1(tf, [4]), int1(tf, [0, 0, 0, 2, 2, 2, 2, 3, 3])],
    };
    return () =>
      call(tf, 'RaggedTensorToTensor', inputs, {
        rowPartitionTypes: ['FIRST_DIM_SIZE', 'VALUE_ROWIDS'],
      });
  }),
  work('StaticRegexReplace', '9 words', (tf) => {
    const x = tf.tensor1d(WORDS);
    return () => tf.string.staticRegexReplace(x, 'o', 'oo', true);
  }),
  work('StringNGrams', '9 words', (tf) => {
    const splits = int1(tf, [0, 4, 9]);
    return () => tf.string.stringNGrams(tf.tensor1d(WORDS), splits, '|', [2], '', '', 0, false);
  }),
  work(
    'StringSplit',
    'a sentence',
    (tf) => () => tf.string.stringSplit(tf.tensor1d([WORDS.join(' ')]), ' '),
  ),
  work('StringToHashBucketFast', '9 words', (tf) => {
    const x = tf.tensor1d(WORDS);
    return () => tf.string.stringToHashBucketFast(x, 100);
  }),
];
