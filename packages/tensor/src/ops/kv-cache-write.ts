import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { expectDtype, expectInteger, expectShape } from './expect.ts';

/**
 * Writes keys or values into a cache where it lies, cache[:, position … position + T − 1] = x. Every
 * tensor that shares the cache's data sees the change. It has no gradient.
 * @param cache [B, Smax, K, D] float32, or int32 rows of `packRows`
 * @param x [B, T, K, D] of the same type
 * @param position the first row to write; position + T ≤ Smax
 * @throws ShapeError; UnsupportedError on a backend whose buffers can't be written
 */
export function kvCacheWrite(cache: Tensor, x: Tensor, position: number): void {
  const dtype = cache.dtype === 'int32' ? 'int32' : 'float32';
  for (const [name, tensor] of Object.entries({ cache, x }))
    expectDtype('kvCacheWrite', name, tensor, dtype);
  expectShape('kvCacheWrite', 'cache', cache, [null, null, null, null], '[B, Smax, K, D]');
  const [B, Smax, K, D] = cache.shape as [number, number, number, number];
  expectShape('kvCacheWrite', 'x', x, [B, null, K, D], '[B, T, K, D]');
  expectInteger('kvCacheWrite', 'position', position, 0, Smax - x.shape[1]!);
  tf.engine().runKernel<Tensor[]>('KvCacheWrite', { cache, x }, { position });
}
