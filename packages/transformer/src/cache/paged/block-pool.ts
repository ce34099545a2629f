// Keys and values of many texts in blocks of equal size: a text takes blocks as it grows, from one pool that
// is allocated once.
import { kvCacheWrite, scope, tf, type Tensor } from '@llm/tensor';
import type { ModelShape } from '../../models/causal-lm.ts';
import { BlockAllocator } from './block-allocator.ts';

export class BlockPool {
  readonly allocator: BlockAllocator;
  readonly shape: ModelShape;
  /** Of each layer [1, blocks · blockSize, K, D]: position p of block b is column b · blockSize + p. */
  readonly #layers: readonly { readonly keys: Tensor; readonly values: Tensor }[];

  constructor(shape: ModelShape, numBlocks: number, blockSize: number) {
    const { numLayers: length, numKeyValueHeads: K, headDim: D } = shape;
    this.shape = shape;
    this.allocator = new BlockAllocator(numBlocks, blockSize);
    const buffer = (): Tensor => tf.keep(tf.fill([1, numBlocks * blockSize, K, D], 0));
    this.#layers = Array.from({ length }, () => ({ keys: buffer(), values: buffer() }));
  }

  /** Writes x [1, T, K, D] to consecutive columns. */
  write(layer: number, keys: Tensor, values: Tensor, column: number): void {
    kvCacheWrite(this.#layers[layer]!.keys, keys, column);
    kvCacheWrite(this.#layers[layer]!.values, values, column);
  }

  /** Copies blocks out side by side. @param table B · n block numbers
   *  @returns keys and values [B, n · blockSize, K, D] */
  gather(layer: number, table: Int32Array, batch: number): { keys: Tensor; values: Tensor } {
    const { keys, values } = this.#layers[layer]!;
    const pick = (pool: Tensor): Tensor => this.#pick(pool, table, batch);
    return { keys: pick(keys), values: pick(values) };
  }

  dispose(): void {
    for (const { keys, values } of this.#layers) tf.dispose([keys, values]);
  }

  #pick(pool: Tensor, table: Int32Array, batch: number): Tensor {
    const [, columns = 0, K = 0, D = 0] = pool.shape;
    const { blockSize } = this.allocator;
    return scope(() => {
      const blocks = tf.reshape(pool, [columns / blockSize, blockSize * K * D]);
      const picked = tf.gather(blocks, tf.tensor1d(table, 'int32'), 0); // [B · n, blockSize · K · D]
      return tf.reshape(picked, [batch, (table.length / batch) * blockSize, K, D]);
    });
  }
}
