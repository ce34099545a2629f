// What generation asks of any cache of keys and values: kv-cache.ts holds all positions at full length,
// or in fewer bits, its relatives a window or blocks that requests share.
import type { CacheBits, CacheBlocks, Tensor } from '@llm/tensor';

/** The keys and values that a layer's new queries may see, their own included as the last ones. */
export interface CacheView {
  readonly keys: Tensor; // [B, at least keyLength, K, D], or int32 rows of packRows in the place of D numbers
  readonly values: Tensor;
  /** Of each number. @default 32, float32 */
  readonly bits?: CacheBits | 32;
  /** Where keys and values are pools [1, S, K, ..] that texts share. */
  readonly blocks?: CacheBlocks;
  readonly keyLength: number;
  /** [B, at least keyLength], 1 = attend; absent where all count. */
  readonly mask?: Tensor;
  /** Whether later columns are later tokens. @default true */
  readonly isCausal?: boolean;
  /** Whether the mask already leaves out what a sliding window does. @default false */
  readonly coversWindow?: boolean;
}

export interface KeyValueCache {
  /** Rows. */
  readonly batch: number;
  /** Most positions of a row. */
  readonly maxLength: number;
  /** Positions of a soft prompt that every row begins with; all other numbers here leave them out. */
  readonly prefixLength: number;
  /** Positions filled, of the longest row. */
  readonly length: number;
  /** Writes a layer's new keys and values [B, T, K, D] and shows them with those before.
   *  @param mask of the forward pass: [B, length + T] or [B, maxLength], the prefix counted in */
  extend(layer: number, keys: Tensor, values: Tensor, mask?: Tensor): CacheView;
  /** Counts `tokens` more positions as filled, once every layer has written them. */
  advance(tokens: number): void;
  /** Forgets the positions from `length` on. */
  truncate(length: number): void;
  /** Row i becomes a copy of what row rows[i] was; `batch` becomes rows.length. */
  select(rows: readonly number[]): void;
  dispose(): void;
}
