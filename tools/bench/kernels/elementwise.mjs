// Elementwise kernels, data movement of one tensor, and reductions.
import {
  floats,
  ints,
  bools,
  call,
  MATRIX,
  SHOWN,
  unary,
  binary,
  reduction,
  work,
} from './make-work.mjs';

const small = { low: -0.9, high: 0.9 };
const positive = { low: 0.1, high: 3 };

export const ELEMENTWISE = [
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

export const REDUCTIONS = [
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
