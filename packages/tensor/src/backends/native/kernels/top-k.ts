/** TopK over the last dimension (native/kernels/topk). Sorted even when that is not asked for. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { sizeOf, type NativeKernel } from '../native-kernel.ts';

export const TOP_K_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'TopK',
    supports({ inputs, attrs }) {
      const x = inputs['x'] as TensorInfo;
      const isNumber = x.dtype === 'float32' || x.dtype === 'int32';
      return isNumber && sizeOf(x) > 0 && (attrs['k'] as number) > 0;
    },
    kernelFunc({ inputs, attrs, backend }) {
      const x = inputs['x'] as TensorInfo;
      const k = attrs['k'] as number;
      const cols = x.shape[x.shape.length - 1] as number;
      const shape = [...x.shape.slice(0, -1), k];
      const values = backend.output(shape, x.dtype);
      const indices = backend.output(shape, 'int32');
      const sizes = [x.dtype === 'int32' ? 1 : 0, sizeOf(x) / cols, cols, k];
      const handles = [x, values, indices].map((t) => backend.handleOf(t));
      backend.run('TopK', ...sizes, ...handles);
      return [values, indices];
    },
  },
]);
