// Index batches for a data set held in memory: every example once in each epoch, in a new random order.
// The order of epoch e depends on (seed, e) only, so the position is two numbers and no permutation is stored.

import { Generator } from '@llm/tensor';
import { ConfigError, CheckpointError } from '../errors.ts';
import type { BatchSource, JsonValue } from './batch-source.ts';

/** What shuffledBatches keeps in a checkpoint. */
export interface ShuffleState {
  readonly seed: number;
  readonly epoch: number;
  /** Examples of the epoch already given out. */
  readonly position: number;
}

export interface ShuffledBatches extends BatchSource<Int32Array> {
  /** Epochs begun, as a number with a fraction: 1.5 is half-way through the second. */
  readonly epochs: number;
  next(): Int32Array;
  skip(count: number): void;
}

/**
 * Batches of `batchSize` indices below `count`. The last batch of an epoch is filled from the next epoch's order,
 * so every batch has the same size. `generator` only chooses the seed.
 */
export function shuffledBatches(
  count: number,
  batchSize: number,
  generator: Generator,
): ShuffledBatches {
  checkSizes(count, batchSize);
  return new EpochOrder(count, batchSize, generator.nextInt(2 ** 31 - 1));
}

class EpochOrder implements ShuffledBatches {
  #epoch = 0;
  #position = 0;
  #order: Int32Array;

  constructor(
    private readonly count: number,
    private readonly batchSize: number,
    private seed: number,
  ) {
    this.#order = this.orderOf(0);
  }

  get epochs(): number {
    return this.#epoch + this.#position / this.count;
  }

  next(): Int32Array {
    return Int32Array.from({ length: this.batchSize }, () => this.nextIndex());
  }

  skip(count: number): void {
    const position = this.#position + count * this.batchSize;
    // An order is left only when the next one is needed, as in nextIndex.
    const passed = Math.max(0, Math.ceil(position / this.count) - 1);
    this.#position = position - passed * this.count;
    if (passed === 0) return;
    this.#epoch += passed;
    this.#order = this.orderOf(this.#epoch);
  }

  getState(): JsonValue {
    return { seed: this.seed, epoch: this.#epoch, position: this.#position };
  }

  setState(state: JsonValue): void {
    const { seed, epoch, position } = checkState(state, this.count);
    this.seed = seed;
    this.#epoch = epoch;
    this.#position = position;
    this.#order = this.orderOf(epoch);
  }

  private nextIndex(): number {
    if (this.#position === this.count) {
      this.#epoch += 1;
      this.#position = 0;
      this.#order = this.orderOf(this.#epoch);
    }
    const index = this.#order[this.#position] ?? 0;
    this.#position += 1;
    return index;
  }

  private orderOf(epoch: number): Int32Array {
    return new Generator(mixSeed(this.seed, epoch)).permutation(this.count);
  }
}

/** A seed for each epoch: neighbouring (seed, epoch) pairs must not share one. Weyl step, then mod 2^31 − 1. */
function mixSeed(seed: number, epoch: number): number {
  return (seed + epoch * 1_640_531_527) % (2 ** 31 - 1);
}

function checkSizes(count: number, batchSize: number): void {
  for (const [name, value] of Object.entries({ count, batchSize })) {
    if (Number.isSafeInteger(value) && value > 0) continue;
    throw new ConfigError(`shuffledBatches: ${name}: expected a positive integer, got ${value}.`);
  }
}

function checkState(state: JsonValue, count: number): ShuffleState {
  const { seed, epoch, position } = (state ?? {}) as Record<keyof ShuffleState, unknown>;
  if (isWhole(seed) && isWhole(epoch) && isWhole(position) && position <= count) {
    return { seed, epoch, position };
  }
  throw new CheckpointError(
    `shuffledBatches: state: expected {seed, epoch, position ≤ ${count}}, got ${JSON.stringify(state)}. ` +
      'Resume with the data that the run began with.',
  );
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
