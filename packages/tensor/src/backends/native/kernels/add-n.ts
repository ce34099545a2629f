/** AddN: the sum of several tensors of one shape, from the first to the last. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeKernel } from '../native-kernel.ts';
import { runBinary } from './binary.ts';
import { haveOneDtype } from './element-type.ts';
import { copyOf } from './strided-copy.ts';

export const ADD_N_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'AddN',
    supports({ inputs }) {
      const terms = Object.values(inputs) as TensorInfo[];
      return haveOneDtype(terms) && terms[0]?.dtype !== 'bool';
    },
    kernelFunc({ inputs, backend }) {
      const [first, second, ...rest] = Object.values(inputs) as TensorInfo[];
      if (second === undefined) return copyOf(backend, first as TensorInfo);
      const sum = runBinary(backend, 'Add', [first as TensorInfo, second]);
      for (const term of rest) runBinary(backend, 'Add', [sum, term], sum.dtype, sum);
      return sum;
    },
  },
]);
