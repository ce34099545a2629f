/** SearchSorted: where values belong in sorted rows (native/kernels/search_sorted). */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeKernel } from '../native-kernel.ts';

export const SEARCH_SORTED_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'SearchSorted',
    supports({ inputs }) {
      const { sortedSequence, values } = inputs as Record<'sortedSequence' | 'values', TensorInfo>;
      const isNumber = values.dtype === 'float32' || values.dtype === 'int32';
      return isNumber && sortedSequence.dtype === values.dtype;
    },
    kernelFunc({ inputs, attrs, backend }) {
      const { sortedSequence, values } = inputs as Record<'sortedSequence' | 'values', TensorInfo>;
      const out = backend.output(values.shape, 'int32');
      const flags = [Number(values.dtype === 'int32'), Number(attrs['side'] === 'left')];
      const sizes = [...sortedSequence.shape, values.shape[1] as number];
      const handles = [sortedSequence, values, out].map((tensor) => backend.handleOf(tensor));
      backend.run('SearchSorted', ...flags, ...sizes, ...handles);
      return out;
    },
  },
]);
