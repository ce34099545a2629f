// One call of every kernel that tfjs-core names, large enough to time, small enough for the cpu backend.
// A work is [what it does, (tf) => (() => result)]: the first call makes the inputs on the current backend.

const ROWS = 512;
const COLUMNS = 512;

/** Values in [low, high), the same on every backend. */
function values(count, low, high) {
  return Float32Array.from(
    { length: count },
    (_, i) => low + (((i * 7919) % 10007) / 10007) * (high - low),
  );
}

const sizeOf = (shape) => shape.reduce((size, dim) => size * dim, 1);

const floats = (tf, shape, low = -2, high = 2) =>
  tf.tensor(values(sizeOf(shape), low, high), shape);

const ints = (tf, shape, limit) =>
  tf.tensor(Int32Array.from(values(sizeOf(shape), 0, limit)), shape, 'int32');

const bools = (tf, shape) => tf.greater(floats(tf, shape), 0);

/** A kernel called by its name. */
const call = (tf, name, inputs, attrs = {}) => tf.engine().runKernel(name, inputs, attrs);

const MATRIX = [ROWS, COLUMNS];
const SHOWN = `[${MATRIX}]`;

/** An elementwise kernel of one input. */
function unary(name, { low, high, attrs = {}, make = floats } = {}) {
  return [
    name,
    SHOWN,
    (tf) => {
      const x = make(tf, MATRIX, low, high);
      return () => call(tf, name, { x }, attrs);
    },
  ];
}

function binary(name, { names = ['a', 'b'], make = floats, low, high } = {}) {
  return [
    name,
    `${SHOWN}, ${SHOWN}`,
    (tf) => {
      const inputs = Object.fromEntries(names.map((n) => [n, make(tf, MATRIX, low, high)]));
      return () => call(tf, name, inputs);
    },
  ];
}

function reduction(name, { axis = 'axis', make = floats } = {}) {
  return [
    name,
    `${SHOWN} along 1`,
    (tf) => {
      const x = make(tf, MATRIX);
      return () => call(tf, name, { x }, { [axis]: [1], keepDims: false });
    },
  ];
}

/** A kernel of its own: make(tf) gives the function to time. */
const work = (name, shown, make) => [name, shown, make];

const small = { low: -0.9, high: 0.9 };
const positive = { low: 0.1, high: 3 };

const ELEMENTWISE = [
  ...[
    'Abs',
    'Ceil',
    'Cos',
    'Elu',
    'Erf',
    'Exp',
    'Expm1',
    'Floor',
    'IsFinite',
    'IsInf',
    'IsNan',
  ].map((n) => unary(n)),
  ...['Atan', 'Asinh', 'Cosh', 'Neg', 'OnesLike', 'Relu', 'Relu6', 'Round', 'Selu', 'Sigmoid'].map(
    (n) => unary(n),
  ),
  ...['Sign', 'Sin', 'Sinh', 'Softplus', 'Square', 'Tan', 'Tanh', 'ZerosLike', 'Identity'].map(
    (n) => unary(n),
  ),
  ...['Acos', 'Asin', 'Atanh'].map((n) => unary(n, small)),
  ...['Log', 'Log1p', 'Reciprocal', 'Rsqrt', 'Sqrt'].map((n) => unary(n, positive)),
  unary('Acosh', { low: 1, high: 4 }),
  unary('LeakyRelu', { attrs: { alpha: 0.2 } }),
  unary('Step', { attrs: { alpha: 0 } }),
  unary('ClipByValue', { attrs: { clipValueMin: -1, clipValueMax: 1 } }),
  unary('Cast', { attrs: { dtype: 'int32' } }),
  unary('LogicalNot', { make: bools }),
  unary('Reverse', { attrs: { dims: [1] } }),
  unary('Transpose', { attrs: { perm: [1, 0] } }),
  unary('Tile', { attrs: { reps: [2, 1] } }),
  unary('Cumsum', { attrs: { axis: 1, exclusive: false, reverse: false } }),
  unary('Cumprod', { ...small, attrs: { axis: 1, exclusive: false, reverse: false } }),
  unary('Slice', { attrs: { begin: [10, 10], size: [400, 400] } }),
  unary('PadV2', {
    attrs: {
      paddings: [
        [8, 8],
        [8, 8],
      ],
      constantValue: 0,
    },
  }),
  unary('MirrorPad', {
    attrs: {
      paddings: [
        [8, 8],
        [8, 8],
      ],
      mode: 'reflect',
    },
  }),
  unary('SplitV', { attrs: { numOrSizeSplits: [128, 384], axis: 1 } }),
  unary('TopK', { attrs: { k: 16, sorted: true } }),
  ...['Add', 'Sub', 'Multiply', 'Maximum', 'Minimum', 'SquaredDifference', 'Atan2'].map((n) =>
    binary(n),
  ),
  ...['Equal', 'NotEqual', 'Greater', 'GreaterEqual', 'Less', 'LessEqual'].map((n) => binary(n)),
  ...['RealDiv', 'FloorDiv', 'Mod', 'Pow'].map((n) => binary(n, positive)),
  ...['LogicalAnd', 'LogicalOr'].map((n) => binary(n, { make: bools })),
  binary('Prelu', { names: ['x', 'alpha'] }),
  binary('EluGrad', { names: ['dy', 'y'] }),
  binary('BitwiseAnd', { make: (tf, shape) => ints(tf, shape, 1000) }),
];

const REDUCTIONS = [
  ...['Sum', 'Mean', 'Prod', 'Min'].map((n) => reduction(n)),
  reduction('Max', { axis: 'reductionIndices' }),
  ...['All', 'Any'].map((n) => reduction(n, { make: bools })),
  ...['ArgMax', 'ArgMin'].map((name) =>
    work(name, `${SHOWN} along 1`, (tf) => {
      const x = floats(tf, MATRIX);
      return () => call(tf, name, { x }, { axis: 1 });
    }),
  ),
  ...[
    ['Softmax', { dim: -1 }],
    ['LogSoftmax', { axis: -1 }],
  ].map(([name, attrs]) =>
    work(name, SHOWN, (tf) => {
      const logits = floats(tf, MATRIX);
      return () => call(tf, name, { logits }, attrs);
    }),
  ),
];

const PRODUCTS = [
  work('BatchMatMul', '[256, 256] · [256, 256]', (tf) => {
    const [a, b] = [floats(tf, [1, 256, 256]), floats(tf, [1, 256, 256])];
    return () => call(tf, 'BatchMatMul', { a, b }, { transposeA: false, transposeB: false });
  }),
  work('_FusedMatMul', '[256, 256] · [256, 256], bias, relu', (tf) => {
    const [a, b, bias] = [floats(tf, [1, 256, 256]), floats(tf, [1, 256, 256]), floats(tf, [256])];
    const attrs = { transposeA: false, transposeB: false, activation: 'relu' };
    return () => call(tf, '_FusedMatMul', { a, b, bias }, attrs);
  }),
  work('Einsum', 'bthd,bshd->bhts, [2, 32, 4, 16]', (tf) => {
    const [a, b] = [floats(tf, [2, 32, 4, 16]), floats(tf, [2, 32, 4, 16])];
    return () => tf.einsum('bthd,bshd->bhts', a, b);
  }),
];

const IMAGE = [2, 32, 32, 16];
const conv2D = { strides: [1, 1], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1] };
const FILTER = [3, 3, 16, 32];
const SHOWN_CONV = `[${IMAGE}], [${FILTER}]`;

/** A convolution's kernel on an image, a filter and the gradient of the output, whichever it takes. */
function convolution(name, shapes, takes, attrs) {
  const { image, filter, out } = shapes;
  return work(name, `[${image}], [${filter}]`, (tf) => {
    const all = {
      x: () => floats(tf, image),
      filter: () => floats(tf, filter),
      dy: () => floats(tf, out),
      bias: () => floats(tf, filter.slice(-1)),
    };
    const inputs = Object.fromEntries(takes.map((n) => [n, all[n]()]));
    return () => call(tf, name, inputs, { ...attrs, inputShape: image, filterShape: filter });
  });
}

const CONV_2D = { image: IMAGE, filter: FILTER, out: [2, 32, 32, 32] };
const DEPTHWISE = { image: IMAGE, filter: [3, 3, 16, 1], out: IMAGE };
const CONV_3D = { image: [1, 8, 16, 16, 8], filter: [3, 3, 3, 8, 16], out: [1, 8, 16, 16, 16] };
const conv3D = { strides: [1, 1, 1], pad: 'same', dataFormat: 'NDHWC', dilations: [1, 1, 1] };
const DILATION = { image: IMAGE, filter: [3, 3, 16], out: IMAGE };
const dilation = { strides: [1, 1], pad: 'same', dilations: [1, 1] };

const CONVOLUTIONS = [
  convolution('Conv2D', CONV_2D, ['x', 'filter'], conv2D),
  convolution('Conv2DBackpropInput', CONV_2D, ['dy', 'filter'], conv2D),
  convolution('Conv2DBackpropFilter', CONV_2D, ['x', 'dy'], conv2D),
  work('FusedConv2D', `${SHOWN_CONV}, bias, relu`, (tf) => {
    const [x, filter, bias] = [floats(tf, IMAGE), floats(tf, FILTER), floats(tf, [32])];
    return () => call(tf, 'FusedConv2D', { x, filter, bias }, { ...conv2D, activation: 'relu' });
  }),
  convolution('DepthwiseConv2dNative', DEPTHWISE, ['x', 'filter'], conv2D),
  convolution('DepthwiseConv2dNativeBackpropInput', DEPTHWISE, ['dy', 'filter'], conv2D),
  convolution('DepthwiseConv2dNativeBackpropFilter', DEPTHWISE, ['x', 'dy'], conv2D),
  work('FusedDepthwiseConv2D', `[${IMAGE}], [3,3,16,1], bias, relu`, (tf) => {
    const [x, filter, bias] = [floats(tf, IMAGE), floats(tf, [3, 3, 16, 1]), floats(tf, [16])];
    const attrs = { ...conv2D, activation: 'relu' };
    return () => call(tf, 'FusedDepthwiseConv2D', { x, filter, bias }, attrs);
  }),
  convolution('Conv3D', CONV_3D, ['x', 'filter'], conv3D),
  convolution('Conv3DBackpropInputV2', CONV_3D, ['dy', 'filter'], conv3D),
  convolution('Conv3DBackpropFilterV2', CONV_3D, ['x', 'dy'], conv3D),
  convolution('Dilation2D', DILATION, ['x', 'filter'], dilation),
  convolution('Dilation2DBackpropInput', DILATION, ['x', 'filter', 'dy'], dilation),
  convolution('Dilation2DBackpropFilter', DILATION, ['x', 'filter', 'dy'], dilation),
];

const POOL_2D = {
  image: [4, 32, 32, 16],
  out: [4, 16, 16, 16],
  attrs: { filterSize: [2, 2], strides: [2, 2] },
};
const POOL_3D = {
  image: [2, 8, 16, 16, 16],
  out: [2, 4, 8, 8, 16],
  attrs: { filterSize: [2, 2, 2], strides: [2, 2, 2], dataFormat: 'NDHWC' },
};

function pooling(name, { image, out, attrs }, takes) {
  return work(name, `[${image}], a window of ${attrs.filterSize.join(' × ')}`, (tf) => {
    const all = {
      x: () => floats(tf, image),
      input: () => floats(tf, image),
      dy: () => floats(tf, out),
      output: () => floats(tf, out),
    };
    const inputs = Object.fromEntries(takes.map((n) => [n, all[n]()]));
    return () => call(tf, name, inputs, { ...attrs, pad: 'valid', includeBatchInIndex: false });
  });
}

const POOLS = [
  pooling('MaxPool', POOL_2D, ['x']),
  pooling('AvgPool', POOL_2D, ['x']),
  pooling('MaxPoolGrad', POOL_2D, ['dy', 'input', 'output']),
  pooling('AvgPoolGrad', POOL_2D, ['dy', 'input']),
  pooling('MaxPoolWithArgmax', POOL_2D, ['x']),
  pooling('MaxPool3D', POOL_3D, ['x']),
  pooling('AvgPool3D', POOL_3D, ['x']),
  pooling('MaxPool3DGrad', POOL_3D, ['dy', 'input', 'output']),
  pooling('AvgPool3DGrad', POOL_3D, ['dy', 'input']),
];

const lrn = { depthRadius: 5, bias: 1, alpha: 1e-2, beta: 0.75 };
const PICTURE = [1, 128, 128, 3];
const resize = { size: [192, 160], alignCorners: false, halfPixelCenters: true };

function resizing(name, isGradient) {
  return work(name, `[${PICTURE}] to [${resize.size}]`, (tf) => {
    const images = floats(tf, PICTURE);
    const inputs = isGradient ? { images, dy: floats(tf, [1, ...resize.size, 3]) } : { images };
    return () => call(tf, name, inputs, resize);
  });
}

const BOXES = 64;

function suppression(name, attrs) {
  return work(name, `${BOXES} boxes`, (tf) => {
    const boxes = tf.concat([floats(tf, [BOXES, 2], 0, 0.5), floats(tf, [BOXES, 2], 0.5, 1)], 1);
    const scores = floats(tf, [BOXES], 0, 1);
    const limits = { maxOutputSize: 16, iouThreshold: 0.5, scoreThreshold: 0.1 };
    return () => call(tf, name, { boxes, scores }, { ...limits, ...attrs });
  });
}

const IMAGES = [
  work('LRN', '[2,32,32,32]', (tf) => {
    const x = floats(tf, [2, 32, 32, 32]);
    return () => call(tf, 'LRN', { x }, lrn);
  }),
  work('LRNGrad', '[2,32,32,32]', (tf) => {
    const [x, y, dy] = [1, 2, 3].map(() => floats(tf, [2, 32, 32, 32]));
    return () => call(tf, 'LRNGrad', { x, y, dy }, lrn);
  }),
  work('FusedBatchNorm', '[4,32,32,32]', (tf) => {
    const x = floats(tf, [4, 32, 32, 32]);
    const [mean, offset, scale] = [1, 2, 3].map(() => floats(tf, [32]));
    const variance = floats(tf, [32], 0.5, 2);
    const inputs = { x, mean, variance, offset, scale };
    return () => call(tf, 'FusedBatchNorm', inputs, { varianceEpsilon: 1e-3 });
  }),
  resizing('ResizeBilinear', false),
  resizing('ResizeBilinearGrad', true),
  resizing('ResizeNearestNeighbor', false),
  resizing('ResizeNearestNeighborGrad', true),
  work('CropAndResize', `[${PICTURE}], 8 boxes to [64, 64]`, (tf) => {
    const image = floats(tf, PICTURE);
    const boxes = tf.concat([floats(tf, [8, 2], 0, 0.4), floats(tf, [8, 2], 0.5, 1)], 1);
    const boxInd = tf.zeros([8], 'int32');
    const attrs = { cropSize: [64, 64], method: 'bilinear', extrapolationValue: 0 };
    return () => call(tf, 'CropAndResize', { image, boxes, boxInd }, attrs);
  }),
  work('RotateWithOffset', `[${PICTURE}]`, (tf) => {
    const image = floats(tf, PICTURE);
    const attrs = { radians: 0.5, fillValue: 0, center: 0.5 };
    return () => call(tf, 'RotateWithOffset', { image }, attrs);
  }),
  work('Transform', `[${PICTURE}], bilinear`, (tf) => {
    const image = floats(tf, PICTURE);
    const transforms = tf.tensor2d([0.8, 0.3, -2, -0.4, 1.1, 1, 0.001, 0.002], [1, 8]);
    const attrs = {
      interpolation: 'bilinear',
      fillMode: 'reflect',
      fillValue: 0,
      outputShape: [128, 128],
    };
    return () => call(tf, 'Transform', { image, transforms }, attrs);
  }),
  work('FlipLeftRight', `[${PICTURE}]`, (tf) => {
    const image = floats(tf, PICTURE);
    return () => call(tf, 'FlipLeftRight', { image });
  }),
  suppression('NonMaxSuppressionV3', {}),
  suppression('NonMaxSuppressionV4', { padToMaxOutputSize: true }),
  suppression('NonMaxSuppressionV5', { softNmsSigma: 0.5 }),
];

const INDEXING = [
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

const SHAPES = [
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

const complexOf = (tf, shape) => tf.complex(floats(tf, shape), floats(tf, shape));

const COMPLEX = [
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

const SPARSE_AND_TEXT = [
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

/** name → { shown, make } */
export const WORKS = new Map(
  [
    ...ELEMENTWISE,
    ...REDUCTIONS,
    ...PRODUCTS,
    ...CONVOLUTIONS,
    ...POOLS,
    ...IMAGES,
    ...INDEXING,
    ...SHAPES,
    ...COMPLEX,
    ...SPARSE_AND_TEXT,
  ].map(([name, shown, make]) => [name, { shown, make }]),
);

/** Names that tfjs-core exports without a kernel behind them in Node. */
export const WITHOUT_KERNEL = new Map([
  ['BroadcastTo', 'no backend has it; tf.broadcastTo is Tile'],
  ['Draw', 'draws to a browser’s canvas'],
  ['FromPixels', 'reads a browser’s image'],
  ['LogicalXor', 'no backend has it; tf.logicalXor is made of others'],
  ['LowerBound', 'no backend has it; tf.lowerBound is SearchSorted'],
  ['MatrixBandPart', 'no backend has it; tf.linalg.bandPart is made of others'],
  ['Pool', 'no backend has it; tf.pool is MaxPool or AvgPool'],
  ['UpperBound', 'no backend has it; tf.upperBound is SearchSorted'],
]);
