// The key/value cache: for each token of the context, one key and one value of K·D numbers in each layer.

import type { ModelShape } from './model-shape.ts';
import { matrixBytes, type WeightType } from './weight-types.ts';

export interface KvCacheOptions {
  /** Sequences decoded at once. @default 1 */
  readonly batch?: number;
  /** Tokens of each sequence, prompt and answer together. */
  readonly contextLength: number;
  /** How keys and values are stored. @default 'F16' */
  readonly kvType?: WeightType;
}

/** Bytes that one token adds: 2 (key and value) × layers × K·D numbers. Ignored: page tables, unused capacity. */
export function kvCacheBytesPerToken(shape: ModelShape, kvType: WeightType = 'F16'): number {
  const perLayer = matrixBytes(1, shape.numKeyValueHeads * shape.headDim, kvType);
  return 2 * shape.numHiddenLayers * perLayer;
}

/** Bytes of a full cache: every sequence of the batch at contextLength. A cache allocated longer takes more. */
export function kvCacheBytes(shape: ModelShape, options: KvCacheOptions): number {
  const { batch = 1, contextLength, kvType = 'F16' } = options;
  return batch * contextLength * kvCacheBytesPerToken(shape, kvType);
}
