// Attention over a cache of keys and values, which may be packed in few bits (packed-rows.ts) and may lie in
// blocks of a pool: the plain way puts them side by side as floats, then attends item by item.
import * as tf from '@tensorflow/tfjs-core';
import type { KernelFunc, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import { attention, maskedAttention, type AttentionAttrs } from './attention.ts';
import { composite, required, type FusedKernel, type KernelInputs } from './composite.ts';
import { unpackRows, type CacheBits } from './packed-rows.ts';
import { readValues, storedValues } from './values-in-place.ts';

export type CacheAttentionAttrs = Omit<AttentionAttrs, 'dropout' | 'seed'> & {
  /** 32: floats. */
  bits: CacheBits | 32;
  /** Positions of a block; with `table` and `lengths` only. */
  block: number;
};

/** What `block` says of PagedCacheWrite. */
export type PagedWriteAttrs = { block: number };

/**
 * {q [B, T, H, D], k and v [B, S, K, D or words], mask? [B, ≥ keyLength]} → [B, T, H, D]; or with k and v
 * [1, S, ..], a pool: {table int32 [B, n], lengths int32 [B]}, where key j of item b is row
 * table[b, j / block] · block + j % block, and its queries are the last of its lengths[b] positions
 */
export const cacheAttention = composite<CacheAttentionAttrs>('CacheAttention', (inputs, attrs) => {
  const q = required(inputs, 'q');
  const { bits, block, ...options } = attrs;
  const own = { ...options, dropout: 0, seed: 0 };
  const floats = (x: Tensor): Tensor =>
    bits === 32 ? x : run(unpackRows, { packed: x }, { columns: q.shape[3]!, bits });
  const k = floats(required(inputs, 'k'));
  const v = floats(required(inputs, 'v'));
  const { table, mask } = inputs;
  if (table === undefined) {
    const kernel = mask === undefined ? attention : maskedAttention;
    return run(kernel, { q, k, v, ...(mask && { mask }) }, own);
  }
  const lengths = required(inputs, 'lengths').dataSync<'int32'>();
  const rows = tf.unstack(table).map((item, b) => {
    const keyLength = lengths[b]!;
    const places = Array.from(item.dataSync<'int32'>(), (number) => number * block);
    const ids = Array.from(
      { length: keyLength },
      (_, j) => places[Math.floor(j / block)]! + (j % block),
    );
    const [keys, values] = [k, v].map((pool) => tf.gather(pool, tf.tensor1d(ids, 'int32'), 1));
    const query = tf.slice(q, [b, 0, 0, 0], [1, -1, -1, -1]);
    const queryOffset = keyLength - q.shape[1]!;
    return run(attention, { q: query, k: keys!, v: values! }, { ...own, keyLength, queryOffset });
  });
  return tf.concat(rows, 0);
});

/** {cache [1, S, K, W], x [B, T, K, W], table int32 [B, n], lengths int32 [B]}: the last T of each item's
 *  lengths[b] positions become x[b]; no output. float32 or int32 */
const pagedWrite: KernelFunc = ({ inputs, attrs, backend }) => {
  const { cache, x, table, lengths } = inputs as Record<string, TensorInfo>;
  const { block } = attrs as PagedWriteAttrs;
  const [places, ends] = [readValues(backend, table!), readValues(backend, lengths!)];
  const source = readValues(backend, x!);
  const target = storedValues('pagedCacheWrite', backend, cache!);
  const [B, T, K, W] = x!.shape as [number, number, number, number];
  const columns = table!.shape[1]!;
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      const position = ends[b]! - T + t;
      const column = places[b * columns + Math.floor(position / block)]! * block;
      const from = (b * T + t) * K * W;
      target.set(source.subarray(from, from + K * W), (column + (position % block)) * K * W);
    }
  }
  return [];
};

export const pagedCacheWrite: FusedKernel = {
  kernelName: 'PagedCacheWrite',
  kernelFunc: pagedWrite,
};

/** One composite inside another; of several results the first. */
function run({ kernelFunc }: FusedKernel, inputs: KernelInputs, attrs: tf.NamedAttrMap): Tensor {
  const results = kernelFunc({ inputs, attrs, backend: {} }) as Tensor | Tensor[];
  return Array.isArray(results) ? results[0]! : results;
}
