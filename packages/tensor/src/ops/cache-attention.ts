import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { packedWords, type CacheBits } from '../kernels/packed-rows.ts';
import type { AttentionOptions } from './attention.ts';
import { expectDtype, expectInteger, expectShape, fail } from './expect.ts';

/** Keys and values in blocks of a pool that several texts share: key j of item b is row
 *  table[b, ⌊j / size⌋] · size + j mod size. */
export interface CacheBlocks {
  /** [B, n] int32; entries past an item's length are not read. */
  readonly table: Tensor;
  /** Positions filled, of each item, the queries' own included: [B] int32, from T to n · size. */
  readonly lengths: Tensor;
  /** Positions of a block. */
  readonly size: number;
}

/** What a query sees of a cache. */
export interface CacheAttentionOptions extends Omit<AttentionOptions, 'dropout' | 'seed' | 'bias'> {
  /** 8 or 4: keys and values are rows of `packRows`. @default 32, floats */
  readonly bits?: CacheBits | 32;
  /** With these, keys and values are pools [1, S, K, ..], `mask`, `keyLength` and `queryOffset` must be absent,
   *  and an item's queries are its last positions. */
  readonly blocks?: CacheBlocks;
}

/**
 * Packs rows of numbers into 8 or 4 bits each, with a scale for 32 of them (or for a whole row where 32 does not
 * divide it): wrong by at most max|x| / 254, or (max − min) / 30. No gradient.
 * @param x [.., D] float32; D even with 4 bits
 * @returns [.., W] int32, owned by the caller
 * @throws ShapeError
 */
export function packRows(x: Tensor, bits: CacheBits): Tensor {
  expectDtype('packRows', 'x', x, 'float32');
  const columns = x.shape[x.rank - 1] ?? 0;
  checkColumns('packRows', 'x', columns, bits);
  return tf.engine().runKernel<Tensor>('PackRows', { x }, { columns, bits });
}

/**
 * The numbers that `packRows` packed.
 * @param packed [.., W] int32
 * @param columns D
 * @returns [.., D] float32, owned by the caller
 * @throws ShapeError
 */
export function unpackRows(packed: Tensor, columns: number, bits: CacheBits): Tensor {
  expectDtype('unpackRows', 'packed', packed, 'int32');
  checkColumns('unpackRows', 'columns', columns, bits);
  const words = packedWords({ columns, bits });
  const lead = packed.shape.slice(0, -1);
  expectShape('unpackRows', 'packed', packed, [...lead, words], `[.., ${words}]`);
  return tf.engine().runKernel<Tensor>('UnpackRows', { packed }, { columns, bits });
}

/** Words of a packed row of `columns` numbers. */
export function packedRowWords(columns: number, bits: CacheBits): number {
  return packedWords({ columns, bits });
}

/**
 * `attention` over a cache, without a gradient: straight from packed rows, and from blocks where they lie. The same
 * numbers as unpacking, putting side by side, and `attention`.
 * @param q [B, T, H, D] float32
 * @param k [B, S, K, D] float32, or int32 rows of `packRows` in the place of D numbers; with blocks [1, S, ..]
 * @param v as k
 * @returns [B, T, H, D], owned by the caller
 * @throws ShapeError
 */
export function cacheAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  { bits = 32, blocks, ...options }: CacheAttentionOptions = {},
): Tensor {
  const [B, T, , D] = checkQueries(q);
  checkCache(k, v, { items: blocks ? 1 : B, q, bits });
  const { isCausal = true, scale = 1 / Math.sqrt(D), mask, window = 0, softcap = 0 } = options;
  if (blocks) checkBlocks(blocks, B, options);
  const most = blocks ? blocks.table.shape[1]! * blocks.size : k.shape[1]!;
  const { keyLength = most, queryOffset = keyLength - T } = options;
  expectInteger('cacheAttention', 'keyLength', keyLength, 1, most);
  expectInteger('cacheAttention', 'queryOffset', queryOffset, -T, most);
  if (mask) expectShape('cacheAttention', 'mask', mask, [B, null], '[B, at least keyLength]');
  if (mask && mask.shape[1]! < keyLength)
    fail('cacheAttention', 'mask', `at least ${keyLength} columns`, `${mask.shape[1]}`, 'Pad it.');
  const tensors = blocks && { table: blocks.table, lengths: blocks.lengths };
  const inputs = { q, k, v, ...(mask && { mask }), ...tensors };
  const block = blocks?.size ?? 0;
  const attrs = { isCausal, scale, keyLength, queryOffset, window, softcap, bits, block };
  return tf.engine().runKernel<Tensor>('CacheAttention', inputs, attrs);
}

/**
 * Writes the newest positions of several texts into their blocks where they lie: the last T of item b's lengths[b]
 * positions become x[b]. No gradient.
 * @param cache [1, S, K, W] float32 or int32, a pool
 * @param x [B, T, K, W] of the same type
 * @throws ShapeError; UnsupportedError on a backend whose buffers can't be written
 */
export function pagedCacheWrite(cache: Tensor, x: Tensor, blocks: CacheBlocks): void {
  expectShape('pagedCacheWrite', 'cache', cache, [1, null, null, null], '[1, S, K, W]');
  const [, , K, W] = cache.shape as [number, number, number, number];
  expectShape('pagedCacheWrite', 'x', x, [null, null, K, W], '[B, T, K, W]');
  const dtype = cache.dtype === 'int32' ? 'int32' : 'float32';
  for (const [name, tensor] of Object.entries({ cache, x }))
    expectDtype('pagedCacheWrite', name, tensor, dtype);
  checkTable('pagedCacheWrite', blocks, x.shape[0]!);
  const { table, lengths, size: block } = blocks;
  tf.engine().runKernel<Tensor[]>('PagedCacheWrite', { cache, x, table, lengths }, { block });
}

function checkQueries(q: Tensor): [number, number, number, number] {
  expectDtype('cacheAttention', 'q', q, 'float32');
  expectShape('cacheAttention', 'q', q, [null, null, null, null], '[B, T, H, D]');
  return q.shape as [number, number, number, number];
}

function checkCache(
  k: Tensor,
  v: Tensor,
  { items, q, bits }: { readonly items: number; readonly q: Tensor; readonly bits: CacheBits | 32 },
): void {
  const [, , H, D] = q.shape as [number, number, number, number];
  if (bits !== 32) checkColumns('cacheAttention', 'q', D, bits);
  const width = bits === 32 ? D : packedWords({ columns: D, bits });
  for (const [name, tensor] of Object.entries({ k, v })) {
    expectDtype('cacheAttention', name, tensor, bits === 32 ? 'float32' : 'int32');
    expectShape('cacheAttention', name, tensor, [items, null, null, width], `[${items}, S, K, W]`);
  }
  expectShape('cacheAttention', 'v', v, [...k.shape], "k's shape");
  const K = k.shape[2]!;
  if (K > 0 && H % K === 0) return;
  const advice = 'Each key head serves the same number of query heads.';
  fail('cacheAttention', 'k', `a number of heads that divides q's ${H}`, String(K), advice);
}

function checkBlocks(blocks: CacheBlocks, B: number, options: CacheAttentionOptions): void {
  checkTable('cacheAttention', blocks, B);
  for (const name of ['mask', 'keyLength', 'queryOffset'] as const) {
    if (options[name] === undefined) continue;
    fail('cacheAttention', name, 'none with blocks', 'one', 'The lengths say what an item sees.');
  }
}

function checkTable(op: string, { table, lengths, size }: CacheBlocks, B: number): void {
  expectDtype(op, 'blocks.table', table, 'int32');
  expectShape(op, 'blocks.table', table, [B, null], '[B, n]');
  expectDtype(op, 'blocks.lengths', lengths, 'int32');
  expectShape(op, 'blocks.lengths', lengths, [B], '[B]');
  expectInteger(op, 'blocks.size', size, 1, 2 ** 31);
}

function checkColumns(op: string, name: string, columns: number, bits: number): void {
  const isBits = bits === 8 || bits === 4;
  if (!isBits) fail(op, 'bits', '8 or 4', String(bits), 'Other widths are not supported.');
  if (columns > 0 && (bits === 8 || columns % 2 === 0)) return;
  fail(op, name, 'rows of an even number of columns for 4 bits', String(columns), 'Use 8 bits.');
}
