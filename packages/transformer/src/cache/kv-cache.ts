// Keys and values of the tokens already read, so that each new token costs one position. The buffers
// are allocated once at their full length and written in place.
import { kvCacheWrite, ShapeError, tf, type Tensor } from '@llm/tensor';

export interface KvCacheShape {
  readonly batch: number;
  readonly maxLength: number;
  readonly numLayers: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
}

/** The filled part of one layer's cache is the first `keyLength` positions. */
export interface LayerCache {
  readonly keys: Tensor; // [B, Smax, K, D]
  readonly values: Tensor; // [B, Smax, K, D]
}

export class KvCache {
  readonly batch: number;
  readonly maxLength: number;
  #layers: LayerCache[] | null;
  #length = 0;

  constructor(shape: KvCacheShape) {
    const { batch, maxLength, numLayers, numKeyValueHeads: K, headDim: D } = shape;
    this.batch = batch;
    this.maxLength = maxLength;
    const buffer = (): Tensor => tf.keep(tf.fill([batch, maxLength, K, D], 0));
    this.#layers = Array.from({ length: numLayers }, () => ({ keys: buffer(), values: buffer() }));
  }

  /** Positions filled. */
  get length(): number {
    return this.#length;
  }

  /** Writes a layer's keys and values [B, T, K, D] after the filled part, which stays as it is. */
  write(layer: number, keys: Tensor, values: Tensor): LayerCache {
    const cache = this.#layer(layer);
    kvCacheWrite(cache.keys, keys, this.#length);
    kvCacheWrite(cache.values, values, this.#length);
    return cache;
  }

  /** Counts `tokens` as filled, once every layer has written them. */
  advance(tokens: number): void {
    this.#length += tokens;
  }

  /** Forgets the positions from `length` on. */
  truncate(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#length) {
      throw new ShapeError(
        `KvCache.truncate: length: expected an integer in [0, ${this.#length}], got ${length}. A cache only gets shorter.`,
      );
    }
    this.#length = length;
  }

  dispose(): void {
    for (const { keys, values } of this.#layers ?? []) tf.dispose([keys, values]);
    this.#layers = null;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #layer(layer: number): LayerCache {
    const cache = this.#layers?.[layer];
    if (cache !== undefined) return cache;
    const got = this.#layers === null ? 'a disposed cache' : `layer ${layer}`;
    throw new ShapeError(
      `KvCache: expected a cache with this layer, got ${got}. Make one with model.createCache.`,
    );
  }
}
