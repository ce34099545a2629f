// The keys and values of all texts, in blocks of equal size: one buffer for each layer.
import { tf, type Tensor } from '@llm/tensor';
import type { ModelShape } from '../../models/causal-lm.ts';
import { BlockAllocator } from './block-allocator.ts';

export interface PooledLayer {
  readonly keys: Tensor; // [1, blocks · blockSize, K, D]: position p of block b is column b · blockSize + p
  readonly values: Tensor;
}

export class BlockPool {
  readonly allocator: BlockAllocator;
  readonly layers: readonly PooledLayer[];

  constructor(shape: ModelShape, numBlocks: number, blockSize: number) {
    const { numLayers: length, numKeyValueHeads: K, headDim: D } = shape;
    this.allocator = new BlockAllocator(numBlocks, blockSize);
    const buffer = (): Tensor => tf.keep(tf.fill([1, numBlocks * blockSize, K, D], 0));
    this.layers = Array.from({ length }, () => ({ keys: buffer(), values: buffer() }));
  }

  dispose(): void {
    for (const { keys, values } of this.layers) tf.dispose([keys, values]);
  }
}
