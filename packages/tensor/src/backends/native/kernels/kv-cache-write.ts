/** KvCacheWrite: writes the cache's buffer in place; no output. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import { shapeArgs, type NativeKernel } from '../native-kernel.ts';

export const KV_CACHE_KERNELS: readonly NativeKernel[] = Object.freeze([
  {
    kernelName: 'KvCacheWrite',
    kernelFunc({ inputs, attrs, backend }) {
      const { cache, x } = inputs as Record<'cache' | 'x', TensorInfo>;
      const shapes = [...shapeArgs(cache.shape), ...shapeArgs(x.shape)];
      const handles = [x, cache].map((tensor) => backend.handleOf(tensor));
      backend.run('KvCacheWrite', ...shapes, attrs['position'] as number, ...handles);
      return [];
    },
  },
] satisfies NativeKernel[]);
