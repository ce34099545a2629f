// Keys and values of the tokens already read, so that each new token costs one position. The buffers
// are allocated once at their full length and written in place. In 8 or 4 bits for each number they take a
// quarter or a fifth of float32's memory; a token's own keys and values are rounded as all others are.
import {
  kvCacheWrite,
  packedRowWords,
  packRows,
  scope,
  ShapeError,
  tf,
  type CacheBits,
  type Tensor,
} from '@llm/tensor';
import { toRows, type KeysAndValues } from '../models/soft-prompt.ts';
import { checkRows, isIdentity, selectRows } from './select-rows.ts';
import type { CacheView, KeyValueCache } from './key-value-cache.ts';

export interface KvCacheShape {
  readonly batch: number;
  readonly maxLength: number;
  readonly numLayers: number;
  readonly numKeyValueHeads: number;
  readonly headDim: number;
  /** Of each layer the keys and values of a soft prompt, each [1 or B, n, K, D], copied before all others.
   *  @default none */
  readonly prefix?: readonly KeysAndValues[];
}

/** The filled part of one layer's cache is the first `keyLength` positions. */
export interface LayerCache {
  readonly keys: Tensor; // [B, Smax, K, D], or int32 [B, Smax, K, W] of packed rows
  readonly values: Tensor;
}

export class KvCache implements KeyValueCache {
  readonly maxLength: number;
  readonly prefixLength: number;
  /** Of each number; 32: float32. */
  readonly bits: CacheBits | 32;
  #batch: number;
  #layers: LayerCache[] | null;
  #length = 0;

  /** @throws ShapeError for 4 bits with an odd head size */
  constructor(shape: KvCacheShape, bits: CacheBits | 32 = 32) {
    const { batch, maxLength, numLayers, numKeyValueHeads: K, headDim: D } = shape;
    if (bits === 4 && D % 2 !== 0) {
      throw new ShapeError(
        `KvCache: headDim: expected an even number for 4 bits, got ${D}. Use 8 bits.`,
      );
    }
    this.#batch = batch;
    this.maxLength = maxLength;
    this.bits = bits;
    const [width, dtype] =
      bits === 32 ? [D, 'float32' as const] : [packedRowWords(D, bits), 'int32' as const];
    const { prefix = [] } = shape;
    this.prefixLength = prefix[0]?.keys.shape[1] ?? 0;
    const places = this.prefixLength + maxLength;
    const buffer = (): Tensor => tf.keep(tf.fill([batch, places, K, width], 0, dtype));
    this.#layers = Array.from({ length: numLayers }, () => ({ keys: buffer(), values: buffer() }));
    for (const [layer, { keys, values }] of prefix.entries()) this.#begin(layer, keys, values);
  }

  get batch(): number {
    return this.#batch;
  }

  /** Positions filled. */
  get length(): number {
    return this.#length;
  }

  /** Bytes of all layers. */
  get byteLength(): number {
    return (this.#layers ?? []).reduce((sum, { keys, values }) => {
      return sum + 4 * (keys.size + values.size);
    }, 0);
  }

  /** Writes a layer's keys and values [B, T, K, D] after the filled part, which stays as it is. */
  write(layer: number, keys: Tensor, values: Tensor): LayerCache {
    const cache = this.#layer(layer);
    const at = this.prefixLength + this.#length;
    this.#put(cache.keys, keys, at);
    this.#put(cache.values, values, at);
    return cache;
  }

  /** As `write`, with what attention needs to read it. */
  extend(layer: number, keys: Tensor, values: Tensor, mask?: Tensor): CacheView {
    const cache = this.write(layer, keys, values);
    const keyLength = this.prefixLength + this.#length + keys.shape[1]!;
    return { ...cache, bits: this.bits, keyLength, mask };
  }

  /** Counts `tokens` as filled, once every layer has written them. */
  advance(tokens: number): void {
    this.#length += tokens;
  }

  /** Runs `fn` as if `length` positions were filled; afterwards as many are as before. For capturing a step
   *  that has not come yet. */
  at<T>(length: number, fn: () => T): T {
    const before = this.#length;
    this.#length = length;
    try {
      return fn();
    } finally {
      this.#length = before;
    }
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

  /** Row i becomes a copy of row rows[i]: beams that go on from others, one prompt for several texts. */
  select(rows: readonly number[]): void {
    checkRows('KvCache', rows, this.#batch);
    if (isIdentity(rows, this.#batch)) return;
    const layers = this.#layers ?? [];
    const filled = this.prefixLength + this.#length;
    this.#layers = layers.map(({ keys, values }) => ({
      keys: selectRows(keys, rows, filled),
      values: selectRows(values, rows, filled),
    }));
    this.#batch = rows.length;
  }

  /** Begins with the first `length` positions of a cache of one row and as many bits; this one must be empty. */
  copyFrom(other: KvCache, length: number): void {
    if (this.#length > 0 || length > Math.min(other.length, this.maxLength)) {
      throw new ShapeError(
        `KvCache.copyFrom: length: expected at most ${Math.min(other.length, this.maxLength)} into an empty cache, got ${length} into one of ${this.#length}. Copy first.`,
      );
    }
    if (this.prefixLength !== other.prefixLength) {
      throw new ShapeError(
        `KvCache.copyFrom: other: expected a cache behind ${this.prefixLength} learned vectors, got one behind ${other.prefixLength}. Another soft prompt was active when it was read.`,
      );
    }
    const end = this.prefixLength + length; // what stands before the text comes along
    for (const [i, target] of (this.#layers ?? []).entries()) {
      const source = other.#layer(i);
      copyPositions(source.keys, target.keys, end);
      copyPositions(source.values, target.values, end);
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

  #begin(layer: number, keys: Tensor, values: Tensor): void {
    const cache = this.#layer(layer);
    scope(() => {
      this.#put(cache.keys, toRows(keys, this.#batch), 0);
      this.#put(cache.values, toRows(values, this.#batch), 0);
    });
  }

  #put(cache: Tensor, x: Tensor, at: number): void {
    const { bits } = this;
    if (bits === 32) return kvCacheWrite(cache, x, at);
    const packed = packRows(x, bits);
    kvCacheWrite(cache, packed, at);
    packed.dispose();
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

function copyPositions(source: Tensor, target: Tensor, length: number): void {
  const [, , K, W] = source.shape as [number, number, number, number];
  scope(() => kvCacheWrite(target, tf.slice(source, [0, 0, 0, 0], [1, length, K, W]), 0));
}
