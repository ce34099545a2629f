// One forward pass over texts whose keys and values lie in blocks, as a cache: several texts of different
// lengths that each read one token, or one text that reads several.
import { ShapeError, tf, type Tensor } from '@llm/tensor';
import type { CacheView, KeyValueCache } from '../key-value-cache.ts';
import type { BlockPool } from './block-pool.ts';

/** A text's blocks. There is room in them for what is read next. */
export interface PagedText {
  readonly blocks: readonly number[];
  /** Positions filled. */
  length: number;
}

export class PagedCache implements KeyValueCache {
  readonly batch: number;
  readonly maxLength: number;
  readonly length: number;
  readonly #pool: BlockPool;
  readonly #texts: readonly PagedText[];
  /** [B · n] */
  readonly #table: Int32Array;
  readonly #columns: number;
  /** For each window the mask [B, columns] of single new tokens. */
  readonly #masks = new Map<number | null, Tensor>();

  constructor(pool: BlockPool, texts: readonly PagedText[]) {
    const { blockSize } = pool.allocator;
    const most = Math.max(...texts.map(({ blocks }) => blocks.length));
    this.#pool = pool;
    this.#texts = texts;
    this.batch = texts.length;
    this.length = Math.max(...texts.map(({ length }) => length));
    this.#columns = most * blockSize;
    this.maxLength = this.#columns;
    this.#table = new Int32Array(texts.length * most);
    for (const [row, { blocks }] of texts.entries()) this.#table.set(blocks, row * most);
  }

  extend(layer: number, keys: Tensor, values: Tensor): CacheView {
    const T = keys.shape[1]!;
    for (const row of this.#texts.keys()) this.#write(row, layer, { keys, values });
    const seen = this.#pool.gather(layer, this.#table, this.batch);
    if (this.batch === 1) return { ...seen, keyLength: this.length + T };
    const window = this.#pool.shape.windows?.[layer] ?? null;
    const mask = this.#mask(window);
    return { ...seen, keyLength: this.#columns, mask, isCausal: false, coversWindow: true };
  }

  advance(tokens: number): void {
    for (const text of this.#texts) text.length += tokens;
  }

  truncate(): never {
    throw new ShapeError('PagedCache.truncate: expected one forward pass, got another use of it.');
  }

  select(): never {
    throw new ShapeError('PagedCache.select: expected one forward pass, got another use of it.');
  }

  /** The blocks stay with their texts. */
  dispose(): void {
    for (const mask of this.#masks.values()) mask.dispose();
  }

  /** Writes a row's new positions, block by block. */
  #write(row: number, layer: number, { keys, values }: { keys: Tensor; values: Tensor }): void {
    const { blockSize } = this.#pool.allocator;
    const { blocks, length } = this.#texts[row]!;
    const [, T = 0, K = 0, D = 0] = keys.shape;
    for (let t = 0; t < T;) {
      const place = (length + t) % blockSize;
      const count = Math.min(T - t, blockSize - place);
      const part = (x: Tensor): Tensor => tf.slice(x, [row, t, 0, 0], [1, count, K, D]);
      const column = blocks[Math.floor((length + t) / blockSize)]! * blockSize + place;
      this.#pool.write(layer, part(keys), part(values), column);
      t += count;
    }
  }

  /** Each row sees its own positions, the new one included, and of these those in the window. */
  #mask(window: number | null): Tensor {
    const known = this.#masks.get(window);
    if (known !== undefined) return known;
    const mask = new Int32Array(this.batch * this.#columns);
    for (const [row, { length }] of this.#texts.entries()) {
      const from = window === null ? 0 : Math.max(0, length + 1 - window);
      mask.fill(1, row * this.#columns + from, row * this.#columns + length + 1);
    }
    const tensor = tf.keep(tf.tensor2d(mask, [this.batch, this.#columns], 'int32'));
    this.#masks.set(window, tensor);
    return tensor;
  }
}
