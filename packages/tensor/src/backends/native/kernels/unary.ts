/** Elementwise operations of one operand (native/kernels/unary). */
import type { DataType, NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf, type NativeKernel } from '../native-kernel.ts';
import { typeCode } from './element-type.ts';

/** Kernels by the number of their `UnaryOp` (native/kernels/unary/unary_ops.h); all take float32. */
const FLOAT_OPS = Object.freeze({
  Neg: 0,
  Abs: 1,
  Exp: 2,
  Expm1: 3,
  Log: 4,
  Log1p: 5,
  Sqrt: 6,
  Rsqrt: 7,
  Square: 8,
  Reciprocal: 9,
  Sign: 10,
  Floor: 11,
  Ceil: 12,
  Round: 13,
  Sin: 14,
  Cos: 15,
  Tanh: 16,
  Sigmoid: 17,
  Relu6: 18,
  LeakyRelu: 19,
  Elu: 20,
  Selu: 21,
  Softplus: 22,
  Erf: 23,
  Step: 24,
  ClipByValue: 25,
  IsNan: 26,
  IsInf: 27,
  IsFinite: 28,
  Tan: 30,
  Asin: 31,
  Acos: 32,
  Atan: 33,
  Sinh: 34,
  Cosh: 35,
  Asinh: 36,
  Acosh: 37,
  Atanh: 38,
});

const LOGICAL_NOT = 29;
const ALSO_INT32 = new Set(['Neg', 'Abs', 'Square', 'Sign', 'Relu6', 'ClipByValue']);
const TO_BOOL = new Set(['IsNan', 'IsInf', 'IsFinite']);

/** The attributes, as the two numbers that every unary instruction carries. */
function parametersOf(kernelName: string, attrs: NamedAttrMap): [number, number] {
  if (kernelName === 'LeakyRelu' || kernelName === 'Step') return [attrs['alpha'] as number, 0];
  if (kernelName === 'ClipByValue') {
    return [attrs['clipValueMin'] as number, attrs['clipValueMax'] as number];
  }
  return [0, 0];
}

function unaryKernel(kernelName: string, op: number, dtypes: readonly DataType[]): NativeKernel {
  return {
    kernelName,
    supports: ({ inputs }) => dtypes.includes((inputs['x'] as TensorInfo).dtype),
    kernelFunc({ inputs, attrs, backend }) {
      const x = inputs['x'] as TensorInfo;
      const out = backend.output(x.shape, TO_BOOL.has(kernelName) ? 'bool' : x.dtype);
      const parameters = parametersOf(kernelName, attrs);
      const handles = [backend.handleOf(x), backend.handleOf(out)];
      backend.run('Unary', op, typeCode(x.dtype), ...parameters, sizeOf(x), ...handles);
      return out;
    },
  };
}

const DTYPES: readonly DataType[] = ['float32', 'int32'];

export const UNARY_KERNELS: readonly NativeKernel[] = Object.freeze([
  ...Object.entries(FLOAT_OPS).map(([name, op]) =>
    unaryKernel(name, op, ALSO_INT32.has(name) ? DTYPES : ['float32']),
  ),
  unaryKernel('LogicalNot', LOGICAL_NOT, ['bool']),
]);
