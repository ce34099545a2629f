// Copies new keys or values into a cache buffer in place. tfjs tensors are immutable for every
// other operation; a cache is written where it lies because copying it whole for each token would
// cost more than the token.
import type { KernelFunc, TensorInfo, TypedArray } from '@tensorflow/tfjs-core';
import type { FusedKernel } from './composite.ts';
import { UnsupportedError } from '../errors/errors.ts';

export type KvCacheWriteAttrs = { position: number };

/** What the cpu and wasm backends offer to reach a tensor's numbers where they lie. */
interface ReachableBackend {
  /** cpu: a map of data ids to values */
  data?: { get(dataId: object): { values?: unknown } };
  /** wasm: a view of the heap */
  typedArrayFromHeap?(tensor: TensorInfo): TypedArray;
  readSync(dataId: object): ArrayLike<number>;
}

/** {cache [B, Smax, K, D], x [B, T, K, D]}: cache[:, position : position + T] = x; no output */
const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
  const cache = inputs['cache'] as TensorInfo;
  const x = inputs['x'] as TensorInfo;
  const { position } = attrs as KvCacheWriteAttrs;
  const reachable = backend as ReachableBackend;
  const source = reachable.readSync(x.dataId) as Float32Array;
  const target = valuesInPlace(reachable, cache);
  const [B, Smax, K, D] = cache.shape as [number, number, number, number];
  const row = K * D;
  const T = x.shape[1]!;
  for (let b = 0; b < B; b++) {
    const rows = source.subarray(b * T * row, (b + 1) * T * row);
    target.set(rows, (b * Smax + position) * row);
  }
  return [];
};

function valuesInPlace(backend: ReachableBackend, cache: TensorInfo): Float32Array {
  if (backend.typedArrayFromHeap) return backend.typedArrayFromHeap(cache) as Float32Array;
  const values = backend.data?.get(cache.dataId).values;
  if (values instanceof Float32Array) return values;
  throw new UnsupportedError(
    'kvCacheWrite: cache: expected a backend whose buffers can be written in place, got another one. ' +
      "Use useBackend('native'), 'wasm' or 'cpu'.",
  );
}

export const kvCacheWrite: FusedKernel = { kernelName: 'KvCacheWrite', kernelFunc };
