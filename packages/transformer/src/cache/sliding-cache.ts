// A cache whose memory is bounded by the layers' windows (Mistral, Gemma 2 and 3, Phi-3), however long the
// text; layers that see everything keep everything.
import { ShapeError, type Tensor } from '@llm/tensor';
import { KvCache, type KvCacheShape } from './kv-cache.ts';
import type { CacheView, KeyValueCache } from './key-value-cache.ts';
import { checkRows, isIdentity } from './select-rows.ts';
import { WindowLayer } from './window-layer.ts';

export interface SlidingCacheShape extends Omit<KvCacheShape, 'numLayers' | 'prefix'> {
  /** Of each layer; null for one that sees all positions. */
  readonly windows: readonly (number | null)[];
}

export class SlidingCache implements KeyValueCache {
  readonly maxLength: number;
  readonly prefixLength = 0;
  readonly #full: KvCache;
  /** Of each layer: its window's buffer, or its number in the full cache. */
  readonly #layers: readonly (WindowLayer | number)[];
  #batch: number;
  #length = 0;

  constructor({ windows, ...shape }: SlidingCacheShape) {
    const { batch, maxLength, numKeyValueHeads: K, headDim: D } = shape;
    this.maxLength = maxLength;
    this.#batch = batch;
    let full = 0;
    this.#layers = windows.map((window) =>
      window === null ? full++ : new WindowLayer(window, { batch, maxLength, K, D }),
    );
    this.#full = new KvCache({ ...shape, numLayers: full });
  }

  get batch(): number {
    return this.#batch;
  }

  get length(): number {
    return this.#length;
  }

  /** Positions that each layer has room for. */
  get capacities(): number[] {
    return this.#layers.map((layer) =>
      typeof layer === 'number' ? this.maxLength : layer.capacity,
    );
  }

  extend(layer: number, keys: Tensor, values: Tensor, mask?: Tensor): CacheView {
    const place = this.#layers[layer];
    if (place === undefined) {
      throw new ShapeError(
        `SlidingCache: expected a cache with this layer, got layer ${layer}. Make one with model.createCache.`,
      );
    }
    return typeof place === 'number'
      ? this.#full.extend(place, keys, values, mask)
      : place.extend(keys, values, mask);
  }

  advance(tokens: number): void {
    this.#length += tokens;
    this.#full.advance(tokens);
  }

  /** At most 16 positions back once windows have moved. */
  truncate(length: number): void {
    for (const layer of this.#windows()) layer.truncate(length);
    this.#full.truncate(length);
    this.#length = length;
  }

  select(rows: readonly number[]): void {
    checkRows('SlidingCache', rows, this.#batch);
    if (isIdentity(rows, this.#batch)) return;
    for (const layer of this.#windows()) layer.select(rows);
    this.#full.select(rows);
    this.#batch = rows.length;
  }

  dispose(): void {
    for (const layer of this.#windows()) layer.dispose();
    this.#full.dispose();
  }

  #windows(): WindowLayer[] {
    return this.#layers.filter((layer) => typeof layer !== 'number');
  }
}
