import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../../use-backend.ts';
import {
  expectSameAsCpu,
  make,
  RUNS,
  shapeOfRank,
  tensorOf,
} from './compare-with-cpu.test-support.ts';

beforeAll(async () => {
  await useBackend('cpu');
  await useBackend('native', { threads: 2 });
});

const tensor = (dtype: 'float32' | 'int32' | 'bool') =>
  shapeOfRank(0, 3).chain((shape) => tensorOf(shape, dtype));

function check(
  kernelName: string,
  {
    dtype = 'float32',
    tolerance = 0,
    attrs = {},
  }: { dtype?: 'float32' | 'int32' | 'bool'; tolerance?: number; attrs?: tf.NamedAttrMap } = {},
) {
  fc.assert(
    fc.property(tensor(dtype), (x) => {
      expectSameAsCpu(
        () => tf.engine().runKernel(kernelName, { x: make(x) }, attrs) as tf.Tensor,
        tolerance,
      );
    }),
    RUNS,
  );
}

const EXACT = [
  'Neg',
  'Abs',
  'Sign',
  'Floor',
  'Ceil',
  'Round',
  'Square',
  'Sqrt',
  'Reciprocal',
  'Relu',
  'Relu6',
  'IsNan',
  'IsInf',
  'IsFinite',
];
const ROUNDED = [
  'Exp',
  'Expm1',
  'Log',
  'Log1p',
  'Rsqrt',
  'Sigmoid',
  'Tanh',
  'Softplus',
  'Elu',
  'Selu',
  'Sin',
  'Cos',
  'Tan',
  'Asin',
  'Acos',
  'Atan',
  'Sinh',
  'Cosh',
  'Asinh',
  'Acosh',
  'Atanh',
];

describe('unary kernels give the results of the cpu backend', () => {
  it.each(EXACT)('%s of float32', (name) => check(name));
  // Both sides round to float32; the vector functions are within 4 ulp (2^-22 relative).
  it.each(ROUNDED)('%s of float32', (name) => check(name, { tolerance: 1e-6 }));
  it('Erf of float32, within the error of the approximation that cpu uses', () =>
    check('Erf', { tolerance: 3e-4 }));
  it.each(['Neg', 'Square', 'Sign', 'Relu6'])('%s of int32', (name) =>
    check(name, { dtype: 'int32' }),
  );
  it('Abs of int32, exact where cpu goes through float32', () => {
    void tf.setBackend('native');
    const y = tf.tidy(
      () =>
        Array.from(
          tf.abs(tf.tensor1d([-2147483647, 7, -8], 'int32')).dataSync(),
        ) as unknown as tf.TensorContainer,
    );
    expect(y).toEqual([2147483647, 7, 8]);
  });
  it('LogicalNot', () => check('LogicalNot', { dtype: 'bool' }));
  it('Step', () => check('Step', { attrs: { alpha: 0.25 } }));
  it('LeakyRelu', () => check('LeakyRelu', { attrs: { alpha: 0.2 }, tolerance: 2e-7 }));
  it('ClipByValue', () => check('ClipByValue', { attrs: { clipValueMin: -2, clipValueMax: 3.5 } }));
  it('ClipByValue of int32', () =>
    check('ClipByValue', { dtype: 'int32', attrs: { clipValueMin: -2, clipValueMax: 3 } }));
});

describe('conversions give the results of the cpu backend', () => {
  const DTYPES = ['float32', 'int32', 'bool'] as const;
  const pairs = DTYPES.flatMap((from) => DTYPES.map((to) => [from, to] as const));

  // cpu keeps the integers of a cast to float32 as they are; float32 rounds them.
  it.each(pairs)('%s to %s', (from, to) => {
    fc.assert(
      fc.property(tensor(from), (x) => expectSameAsCpu(() => tf.cast(make(x), to), 1e-7)),
      RUNS,
    );
  });

  it('Select', () => {
    const three = shapeOfRank(0, 3).chain((s) =>
      fc.tuple(tensorOf(s, 'bool'), tensorOf(s), tensorOf(s)),
    );
    fc.assert(
      fc.property(three, ([c, a, b]) => expectSameAsCpu(() => tf.where(make(c), make(a), make(b)))),
      RUNS,
    );
  });
});
