// Texts whose keys and values lie in blocks of a pool, as a cache: attention reads the blocks where they lie.
// Each text has its own length; which blocks are whose, and how far they are filled, is in tensors, so that a
// captured step reads their present values.
import { pagedCacheWrite, ShapeError, tf, type Tensor } from '@llm/tensor';
import type { CacheView, KeyValueCache } from '../key-value-cache.ts';
import { assign } from './assign.ts';
import type { BlockPool } from './block-pool.ts';

/** A text's blocks. There is room in them for what is read next. */
export interface PagedText {
  readonly blocks: readonly number[];
  /** Positions filled. */
  length: number;
  /** Most positions that it may ever fill. */
  readonly limit: number;
}

export class PagedCache implements KeyValueCache {
  readonly batch: number;
  /** Blocks that the longest text may have. */
  readonly columns: number;
  readonly prefixLength = 0;
  readonly #pool: BlockPool;
  #table: Tensor; // [B, columns]
  #lengths: Tensor; // [B], what is read next included
  #length = 0;

  constructor(pool: BlockPool, batch: number, columns: number) {
    this.#pool = pool;
    this.batch = batch;
    this.columns = columns;
    this.#table = tf.keep(tf.fill([batch, columns], 0, 'int32'));
    this.#lengths = tf.keep(tf.fill([batch], 0, 'int32'));
  }

  get length(): number {
    return this.#length;
  }

  get maxLength(): number {
    return this.columns * this.#pool.allocator.blockSize;
  }

  /** These texts, as many as rows, come to read `tokens` positions each. */
  show(texts: readonly PagedText[], tokens: number): void {
    const table = new Int32Array(this.batch * this.columns);
    for (const [row, { blocks }] of texts.entries()) table.set(blocks, row * this.columns);
    this.#table = assign(this.#table, table);
    const lengths = Int32Array.from(texts, ({ length }) => length + tokens);
    this.#lengths = assign(this.#lengths, lengths);
    this.#length = Math.max(...texts.map(({ length }) => length));
  }

  /** Runs `fn` as if the longest text had this length. */
  at<T>(length: number, fn: () => T): T {
    const before = this.#length;
    this.#length = length;
    try {
      return fn();
    } finally {
      this.#length = before;
    }
  }

  extend(layer: number, keys: Tensor, values: Tensor): CacheView {
    const own = this.#pool.layers[layer]!;
    const blocks = {
      table: this.#table,
      lengths: this.#lengths,
      size: this.#pool.allocator.blockSize,
    };
    pagedCacheWrite(own.keys, keys, blocks);
    pagedCacheWrite(own.values, values, blocks);
    return { ...own, blocks, keyLength: this.maxLength };
  }

  /** The texts count for themselves. */
  advance(): void {}

  truncate(): never {
    throw new ShapeError('PagedCache.truncate: expected one forward pass, got another use of it.');
  }

  select(): never {
    throw new ShapeError('PagedCache.select: expected one forward pass, got another use of it.');
  }

  /** The blocks stay with their texts. */
  dispose(): void {
    tf.dispose([this.#table, this.#lengths]);
  }
}
