/** Cast, Select and ExpandDims. */
import type { DataType, TensorInfo } from '@tensorflow/tfjs-core';
import { util } from '@tensorflow/tfjs-core';
import type { NativeBackend } from '../native-backend.ts';
import { sizeOf, type NativeKernel } from '../native-kernel.ts';
import { isNativeDtype, typeCode, widthOf } from './element-type.ts';
import { reshaped } from './strided-copy.ts';

/** A new tensor of another dtype. */
export function runCast(backend: NativeBackend, x: TensorInfo, dtype: DataType): TensorInfo {
  const out = backend.output(x.shape, dtype);
  const handles = [backend.handleOf(x), backend.handleOf(out)];
  backend.run('Cast', typeCode(x.dtype), typeCode(dtype), sizeOf(x), ...handles);
  return out;
}

const castKernel: NativeKernel = {
  kernelName: 'Cast',
  supports: ({ inputs, attrs }) =>
    isNativeDtype((inputs['x'] as TensorInfo).dtype) && isNativeDtype(attrs['dtype'] as DataType),
  kernelFunc({ inputs, attrs, backend }) {
    const x = inputs['x'] as TensorInfo;
    const dtype = attrs['dtype'] as DataType;
    return dtype === x.dtype ? reshaped(backend, x, x.shape) : runCast(backend, x, dtype);
  },
};

/** tf.where has broadcast its three operands to one shape before. */
const selectKernel: NativeKernel = {
  kernelName: 'Select',
  supports({ inputs }) {
    const { condition, t, e } = inputs as Record<'condition' | 't' | 'e', TensorInfo>;
    const isOneShape =
      util.arraysEqual(condition.shape, t.shape) && util.arraysEqual(t.shape, e.shape);
    return (
      condition.dtype === 'bool' && t.dtype === e.dtype && isNativeDtype(t.dtype) && isOneShape
    );
  },
  kernelFunc({ inputs, backend }) {
    const { condition, t, e } = inputs as Record<'condition' | 't' | 'e', TensorInfo>;
    const out = backend.output(t.shape, t.dtype);
    const handles = [condition, t, e, out].map((tensor) => backend.handleOf(tensor));
    backend.run('Select', widthOf(t.dtype), sizeOf(t), ...handles);
    return out;
  },
};

const expandDimsKernel: NativeKernel = {
  kernelName: 'ExpandDims',
  kernelFunc({ inputs, attrs, backend }) {
    const input = inputs['input'] as TensorInfo;
    const dim = attrs['dim'] as number;
    const rank = input.shape.length;
    util.assert(-(rank + 1) <= dim, () => `Axis must be in the interval [${-(rank + 1)}, ${rank}]`);
    const place = dim < 0 ? rank + dim + 1 : dim;
    return reshaped(backend, input, input.shape.toSpliced(place, 0, 1));
  },
};

export const CAST_KERNELS: readonly NativeKernel[] = Object.freeze([
  castKernel,
  selectKernel,
  expandDimsKernel,
]);
