// Batches for pretraining on one long stream of token ids: the stream is cut into blocks of T + 1 tokens that
// overlap by one, and block b gives inputs t₀…t₋₁ and labels shifted by one. Each epoch cuts at a new random offset
// below T, so that block borders fall elsewhere, and visits the blocks in a new random order.

import { Generator, tf, type Tensor2D } from '@llm/tensor';
import { CheckpointError, ConfigError } from '../errors.ts';
import type { BatchSource, JsonValue } from './batch-source.ts';
import { shuffledBatches, type ShuffledBatches } from './shuffled-batches.ts';

/** Token ids in any integer array; Uint16Array and Uint32Array save memory. */
export type TokenStream = ArrayLike<number>;

/** A batch of blocks; labels[b, t] is the token after inputIds[b, t]. The caller owns both. */
export interface PackedBatch {
  readonly inputIds: Tensor2D; // [B, T] int32
  readonly labels: Tensor2D; // [B, T] int32
}

export interface PackedBlocksOptions {
  readonly batchSize: number;
  /** T: tokens of a block that the model reads. */
  readonly blockLength: number;
  readonly generator: Generator;
}

export interface PackedBlocks extends BatchSource<PackedBatch> {
  readonly blocksPerEpoch: number;
  readonly epochs: number;
  next(): PackedBatch;
  skip(count: number): void;
}

/** An endless source of packed batches. Throws ConfigError when the stream is shorter than one block. */
export function packedBlocks(tokens: TokenStream, options: PackedBlocksOptions): PackedBlocks {
  const { batchSize, blockLength, generator } = options;
  const seed = generator.nextInt(2 ** 31 - 1);
  const blocksPerEpoch = countBlocks(tokens.length, blockLength);
  const order = shuffledBatches(blocksPerEpoch, batchSize, generator);
  return new Blocks(tokens, blockLength, order, { seed, blocksPerEpoch });
}

class Blocks implements PackedBlocks {
  readonly blocksPerEpoch: number;
  #seed: number;

  constructor(
    private readonly tokens: TokenStream,
    private readonly blockLength: number,
    private readonly order: ShuffledBatches,
    { seed, blocksPerEpoch }: { seed: number; blocksPerEpoch: number },
  ) {
    this.#seed = seed;
    this.blocksPerEpoch = blocksPerEpoch;
  }

  get epochs(): number {
    return this.order.epochs;
  }

  next(): PackedBatch {
    const epoch = Math.floor(this.order.epochs);
    const offset = this.offsetOf(epoch);
    const blocks = this.order.next();
    const shape: [number, number] = [blocks.length, this.blockLength]; // [B, T]
    return {
      inputIds: tf.tensor2d(this.gather(blocks, offset), shape, 'int32'),
      labels: tf.tensor2d(this.gather(blocks, offset + 1), shape, 'int32'),
    };
  }

  skip(count: number): void {
    this.order.skip(count);
  }

  getState(): JsonValue {
    return { seed: this.#seed, tokens: this.tokens.length, order: this.order.getState() };
  }

  setState(state: JsonValue): void {
    const { seed, tokens, order } = state as { seed: number; tokens: number; order: JsonValue };
    if (tokens !== this.tokens.length) {
      throw new CheckpointError(
        `packedBlocks: state: expected a stream of ${tokens} tokens, got ${this.tokens.length}. ` +
          'Resume with the data and tokenizer that the run began with.',
      );
    }
    this.#seed = seed;
    this.order.setState(order);
  }

  /** Where the first block of an epoch starts: random, but the last block must still fit. */
  private offsetOf(epoch: number): number {
    const spare = this.tokens.length - 1 - this.blocksPerEpoch * this.blockLength;
    const choices = Math.min(spare, this.blockLength - 1) + 1;
    return new Generator((this.#seed + epoch) % (2 ** 31 - 1)).nextInt(choices);
  }

  private gather(blocks: Int32Array, offset: number): Int32Array {
    const out = new Int32Array(blocks.length * this.blockLength);
    blocks.forEach((block, row) => {
      const start = offset + block * this.blockLength;
      for (let t = 0; t < this.blockLength; t++) {
        out[row * this.blockLength + t] = this.tokens[start + t] ?? 0;
      }
    });
    return out;
  }
}

/** Whole blocks of T + 1 tokens, overlapping by one, that leave room for any offset (one block at least). */
function countBlocks(length: number, blockLength: number): number {
  if (!Number.isSafeInteger(blockLength) || blockLength < 1) {
    throw new ConfigError(
      `packedBlocks: blockLength: expected a positive integer, got ${blockLength}.`,
    );
  }
  if (length < blockLength + 1) {
    throw new ConfigError(
      `packedBlocks: tokens: expected at least blockLength + 1 = ${blockLength + 1} tokens, got ${length}. ` +
        'Give more text or a shorter blockLength.',
    );
  }
  const whole = Math.floor((length - 1) / blockLength);
  return whole > 1 ? Math.floor((length - blockLength) / blockLength) : 1;
}
