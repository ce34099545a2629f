/** Reductions over any axes (native/kernels/reduce), ArgMax and ArgMin. */
import { backend_util, util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { shapeArgs, sizeOf, type NativeKernel, type NativeKernelParams } from '../native-kernel.ts';
import { isNativeDtype, typeCode } from './element-type.ts';

/** The numbers of `ReduceOp` in native/kernels/reduce/reduce_ops.h. */
const REDUCE_OPS = Object.freeze({ Sum: 0, Mean: 1, Prod: 2, Max: 3, Min: 4 });

type ReduceOp = keyof typeof REDUCE_OPS;

const MAX_RANK = 8; // Shape::kMaxRank in native/node/args.h

/** `axes` are sorted and not negative. The result keeps the other dimensions. */
export function runReduce(
  backend: NativeBackend,
  op: ReduceOp,
  x: TensorInfo,
  axes: readonly number[],
  outDtype: DataType,
): TensorInfo {
  const kept = x.shape.map((_, d) => d).filter((d) => !axes.includes(d));
  const mask = kept.reduce((bits, d) => bits | (1 << d), 0);
  const shape = kept.map((d) => x.shape[d] as number);
  const out = backend.output(shape, outDtype);
  const codes = [REDUCE_OPS[op], typeCode(x.dtype), typeCode(outDtype)];
  const handles = [backend.handleOf(x), backend.handleOf(out)];
  backend.run('Reduce', ...codes, ...shapeArgs(x.shape), mask, ...handles);
  return out;
}

interface Reduction {
  readonly kernelName: string;
  readonly op: ReduceOp;
  readonly dtypes: readonly DataType[];
  readonly outDtype: (dtype: DataType) => DataType;
  /** Whether tfjs gives the operation's identity when there is nothing to reduce. */
  readonly takesEmpty: boolean;
}

/** tfjs names the attribute of Max `reductionIndices`, that of the others `axis`. */
function axesOf({ inputs, attrs }: NativeKernelParams): number[] {
  const axis = (attrs['reductionIndices'] ?? attrs['axis']) as number | number[];
  return util.parseAxisParam(axis, (inputs['x'] as TensorInfo).shape);
}

function reduction({ kernelName, op, dtypes, outDtype, takesEmpty }: Reduction): NativeKernel {
  return {
    kernelName,
    supports({ inputs }) {
      const x = inputs['x'] as TensorInfo;
      const isInside = dtypes.includes(x.dtype) && x.shape.length <= MAX_RANK;
      return isInside && (takesEmpty || sizeOf(x) > 0);
    },
    kernelFunc(params) {
      const x = params.inputs['x'] as TensorInfo;
      const axes = axesOf(params);
      const out = runReduce(params.backend, op, x, axes, outDtype(x.dtype));
      if (!params.attrs['keepDims']) return out;
      return { ...out, shape: backend_util.expandShapeToKeepDim(out.shape, axes) };
    },
  };
}

const ANY: readonly DataType[] = ['float32', 'int32', 'bool'];
const same = (dtype: DataType) => dtype;
const atLeastInt32 = (dtype: DataType) => (dtype === 'bool' ? 'int32' : dtype);

function argReduce(kernelName: string, isMax: 0 | 1): NativeKernel {
  return {
    kernelName,
    supports({ inputs }) {
      const x = inputs['x'] as TensorInfo;
      return isNativeDtype(x.dtype) && sizeOf(x) > 0;
    },
    kernelFunc(params) {
      const x = params.inputs['x'] as TensorInfo;
      const axis = axesOf(params)[0] as number;
      const sizes = [
        x.shape.slice(0, axis),
        x.shape.slice(axis, axis + 1),
        x.shape.slice(axis + 1),
      ];
      const out = params.backend.output(x.shape.toSpliced(axis, 1), 'int32');
      const handles = [params.backend.handleOf(x), params.backend.handleOf(out)];
      const lengths = sizes.map((part) => util.sizeFromShape(part));
      params.backend.run('ArgReduce', isMax, typeCode(x.dtype), ...lengths, ...handles);
      return out;
    },
  };
}

export const REDUCE_KERNELS: readonly NativeKernel[] = Object.freeze([
  reduction({
    kernelName: 'Sum',
    op: 'Sum',
    dtypes: ANY,
    outDtype: atLeastInt32,
    takesEmpty: true,
  }),
  reduction({
    kernelName: 'Mean',
    op: 'Mean',
    dtypes: ANY,
    outDtype: () => 'float32',
    takesEmpty: false,
  }),
  reduction({
    kernelName: 'Prod',
    op: 'Prod',
    dtypes: ANY,
    outDtype: atLeastInt32,
    takesEmpty: true,
  }),
  reduction({ kernelName: 'Max', op: 'Max', dtypes: ANY, outDtype: same, takesEmpty: false }),
  reduction({ kernelName: 'Min', op: 'Min', dtypes: ANY, outDtype: same, takesEmpty: false }),
  reduction({ kernelName: 'All', op: 'Min', dtypes: ['bool'], outDtype: same, takesEmpty: false }),
  reduction({ kernelName: 'Any', op: 'Max', dtypes: ['bool'], outDtype: same, takesEmpty: false }),
  argReduce('ArgMax', 1),
  argReduce('ArgMin', 0),
]);
