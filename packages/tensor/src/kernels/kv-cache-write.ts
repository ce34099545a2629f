// Copies new keys or values into a cache buffer in place. tfjs tensors are immutable for every
// other operation; a cache is written where it lies because copying it whole for each token would
// cost more than the token.
import type { KernelFunc, TensorInfo } from '@tensorflow/tfjs-core';
import type { FusedKernel } from './composite.ts';
import { readValues, storedValues } from './values-in-place.ts';

export type KvCacheWriteAttrs = { position: number };

/** {cache [B, Smax, K, D], x [B, T, K, D]}: cache[:, position : position + T] = x; no output */
const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
  const cache = inputs['cache'] as TensorInfo;
  const x = inputs['x'] as TensorInfo;
  const { position } = attrs as KvCacheWriteAttrs;
  const source = readValues(backend, x);
  const target = storedValues('kvCacheWrite', backend, cache);
  const [B, Smax, K, D] = cache.shape as [number, number, number, number];
  const row = K * D;
  const T = x.shape[1]!;
  for (let b = 0; b < B; b++) {
    const rows = source.subarray(b * T * row, (b + 1) * T * row);
    target.set(rows, (b * Smax + position) * row);
  }
  return [];
};

export const kvCacheWrite: FusedKernel = { kernelName: 'KvCacheWrite', kernelFunc };
