// Causal attention of one layer, with or without a cache.
import { attention, type Generator, type Tensor } from '@llm/tensor';
import type { ForwardPass } from '../models/forward-pass.ts';

export interface AttendOptions {
  /** Factor of the scores. @default 1/√D */
  readonly scale?: number;
  /** Share of the attention weights to drop; not with a cache, which is for inference. @default 0 */
  readonly dropout?: number;
  readonly generator?: Generator;
}

export interface Heads {
  readonly queries: Tensor; // [B, T, H, D]
  readonly keys: Tensor; // [B, T, K, D]
  readonly values: Tensor; // [B, T, K, D]
}

/** Lets each of T tokens attend to itself and what came before. Returns [B, T, H, D]. */
export function attend(
  { queries, keys, values }: Heads,
  pass: ForwardPass & { readonly layer: number },
  options: AttendOptions = {},
): Tensor {
  const { scale = queries.shape[3]! ** -0.5, dropout = 0, generator } = options;
  const { attentionMask: mask, kvCache, layer } = pass;
  if (kvCache === undefined) {
    if (dropout === 0 || generator === undefined)
      return attention(queries, keys, values, { scale, mask });
    const seed = generator.nextSeed();
    return attention(queries, keys, values, { scale, mask, dropout, seed });
  }
  const cached = kvCache.write(layer, keys, values); // [B, Smax, K, D]
  const keyLength = kvCache.length + queries.shape[1]!;
  return attention(queries, cached.keys, cached.values, { scale, mask, keyLength });
}
