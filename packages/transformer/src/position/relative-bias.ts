// T5's relative positions (Raffel et al. 2019): the distance of key and query falls into a bucket, and
// each head has a number for each bucket, added to its scores. Half the buckets are exact distances,
// the others grow as logarithms up to `maxDistance`.
import { tf, type nn, type Tensor } from '@llm/tensor';

export interface BucketOptions {
  readonly buckets: number;
  readonly maxDistance: number;
  /** Whether keys after the query have buckets of their own: in an encoder. */
  readonly isBidirectional: boolean;
}

/** Bucket of key position − query position. */
export function relativeBucket(distance: number, options: BucketOptions): number {
  const { buckets, maxDistance, isBidirectional } = options;
  const count = isBidirectional ? buckets / 2 : buckets;
  const start = isBidirectional && distance > 0 ? count : 0;
  const far = isBidirectional ? Math.abs(distance) : Math.max(-distance, 0);
  const exact = Math.floor(count / 2);
  if (far < exact) return start + far;
  const share = Math.log(far / exact) / Math.log(maxDistance / exact);
  return start + Math.min(exact + Math.floor(Math.fround(share * (count - exact))), count - 1);
}

/** The bias of `length` queries from position `past` on over all keys up to the last: [1, H, T, past + T].
 *  @param table [buckets, H] */
export function relativeBias(
  table: nn.Embedding,
  { past, length }: { readonly past: number; readonly length: number },
  options: BucketOptions,
): Tensor {
  const total = past + length;
  const buckets = Int32Array.from({ length: length * total }, (_, i) =>
    relativeBucket((i % total) - (past + Math.floor(i / total)), options),
  );
  const values = table.forward(tf.tensor2d(buckets, [length, total], 'int32')); // [T, S, H]
  return tf.expandDims(tf.transpose(values, [2, 0, 1]), 0);
}
