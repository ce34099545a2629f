/** Elementwise operations of two operands with broadcasting (native/kernels/binary). */
import { backend_util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { shapeArgs, type NativeKernel } from '../native-kernel.ts';
import { typeCode } from './element-type.ts';

/** The numbers of `BinaryOp` in native/kernels/binary/binary_ops.h. */
export const BINARY_OPS = Object.freeze({
  Add: 0,
  Sub: 1,
  Multiply: 2,
  RealDiv: 3,
  FloorDiv: 4,
  Mod: 5,
  Maximum: 6,
  Minimum: 7,
  Pow: 8,
  SquaredDifference: 9,
  Atan2: 10,
  Prelu: 11,
  EluGrad: 12,
  Greater: 13,
  GreaterEqual: 14,
  Less: 15,
  LessEqual: 16,
  Equal: 17,
  NotEqual: 18,
  LogicalAnd: 19,
  LogicalOr: 20,
  BitwiseAnd: 21,
  Hypot: 22,
});

export type BinaryOp = keyof typeof BINARY_OPS;

const FLOAT: readonly DataType[] = ['float32'];
const NUMBER: readonly DataType[] = ['float32', 'int32'];
const ANY: readonly DataType[] = ['float32', 'int32', 'bool'];
const MAX_RANK = 8; // Shape::kMaxRank in native/node/args.h

/** `out`, when given, may be one of the operands if its shape is the result's. */
export function runBinary(
  backend: NativeBackend,
  op: BinaryOp,
  [a, b]: readonly [TensorInfo, TensorInfo],
  resultDtype: DataType = a.dtype,
  out = backend.output(backend_util.assertAndGetBroadcastShape(a.shape, b.shape), resultDtype),
): TensorInfo {
  const shapes = [...shapeArgs(a.shape), ...shapeArgs(b.shape)];
  const handles = [backend.handleOf(a), backend.handleOf(b), backend.handleOf(out)];
  backend.run('Binary', BINARY_OPS[op], typeCode(a.dtype), ...shapes, ...handles);
  return out;
}

interface BinaryKernel {
  readonly op: BinaryOp;
  readonly dtypes: readonly DataType[];
  /** Left out: the operands'. */
  readonly resultDtype?: DataType;
  /** tfjs's names of the two inputs. */
  readonly names?: readonly [string, string];
}

function binaryKernel({ op, dtypes, resultDtype, names = ['a', 'b'] }: BinaryKernel): NativeKernel {
  const [first, second] = names;
  return {
    kernelName: op,
    supports({ inputs }) {
      const a = inputs[first] as TensorInfo;
      const b = inputs[second] as TensorInfo;
      const rank = Math.max(a.shape.length, b.shape.length);
      return a.dtype === b.dtype && dtypes.includes(a.dtype) && rank <= MAX_RANK;
    },
    kernelFunc({ inputs, backend }) {
      const operands = [inputs[first] as TensorInfo, inputs[second] as TensorInfo] as const;
      return runBinary(backend, op, operands, resultDtype);
    },
  };
}

export const BINARY_KERNELS: readonly NativeKernel[] = Object.freeze([
  binaryKernel({ op: 'Add', dtypes: NUMBER }),
  binaryKernel({ op: 'Sub', dtypes: NUMBER }),
  binaryKernel({ op: 'Multiply', dtypes: NUMBER }),
  binaryKernel({ op: 'RealDiv', dtypes: FLOAT }),
  binaryKernel({ op: 'FloorDiv', dtypes: NUMBER, resultDtype: 'int32' }),
  binaryKernel({ op: 'Mod', dtypes: NUMBER }),
  binaryKernel({ op: 'Maximum', dtypes: NUMBER }),
  binaryKernel({ op: 'Minimum', dtypes: NUMBER }),
  binaryKernel({ op: 'Pow', dtypes: NUMBER }),
  binaryKernel({ op: 'SquaredDifference', dtypes: NUMBER }),
  binaryKernel({ op: 'Atan2', dtypes: FLOAT }),
  binaryKernel({ op: 'Prelu', dtypes: FLOAT, names: ['x', 'alpha'] }),
  binaryKernel({ op: 'EluGrad', dtypes: FLOAT, names: ['dy', 'y'] }),
  binaryKernel({ op: 'Greater', dtypes: ANY, resultDtype: 'bool' }),
  binaryKernel({ op: 'GreaterEqual', dtypes: ANY, resultDtype: 'bool' }),
  binaryKernel({ op: 'Less', dtypes: ANY, resultDtype: 'bool' }),
  binaryKernel({ op: 'LessEqual', dtypes: ANY, resultDtype: 'bool' }),
  binaryKernel({ op: 'Equal', dtypes: ANY, resultDtype: 'bool' }),
  binaryKernel({ op: 'NotEqual', dtypes: ANY, resultDtype: 'bool' }),
  binaryKernel({ op: 'LogicalAnd', dtypes: ['bool'], resultDtype: 'bool' }),
  binaryKernel({ op: 'LogicalOr', dtypes: ['bool'], resultDtype: 'bool' }),
  binaryKernel({ op: 'BitwiseAnd', dtypes: ['int32'] }),
]);
