// Which cache a model's generation gets.
import type { ModelShape } from '../models/causal-lm.ts';
import type { KeysAndValues } from '../models/soft-prompt.ts';
import { KvCache } from './kv-cache.ts';
import type { KeyValueCache } from './key-value-cache.ts';
import { SlidingCache } from './sliding-cache.ts';
import { windowCapacity } from './window-layer.ts';

/** full: every position in float32. sliding: layers with a window keep no more than that. int8, int4: every
 *  position in fewer bits. */
export type CacheKind = 'full' | 'sliding' | 'int8' | 'int4';

export interface CacheSize {
  readonly batch: number;
  readonly maxLength: number;
  /** A soft prompt's, as CausalLm.withPrefix gives them. */
  readonly prefix?: readonly KeysAndValues[];
}

/** @param kind default: sliding where layers with a window then keep at most half of the positions, else full,
 *  whose step can be captured, or which can begin with a soft prompt */
export function createCache(
  { numLayers, numKeyValueHeads, headDim, windows = [] }: ModelShape,
  { batch, maxLength, prefix }: CacheSize,
  kind?: CacheKind,
): KeyValueCache {
  const shape = { batch, maxLength, numLayers, numKeyValueHeads, headDim, prefix };
  if (kind === 'int8') return new KvCache(shape, 8);
  if (kind === 'int4') return new KvCache(shape, 4);
  const share = kind === 'sliding' ? 1 : 0.5;
  const isWorthIt = windows.some(
    (window) => window !== null && windowCapacity(window) < share * maxLength,
  );
  if (kind === 'full' || !isWorthIt || prefix !== undefined) return new KvCache(shape);
  return new SlidingCache({ ...shape, windows });
}
