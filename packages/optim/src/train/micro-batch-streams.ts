// Random numbers of an update with several micro-batches: each has a stream of its own, seeded from the run's generator,
// so that dropout in one does not depend on how much another one drew, or on which worker computed it.

import type { Generator } from '@llm/tensor';

export class MicroBatchStreams {
  readonly #generator: Generator | undefined;
  readonly #seeds: readonly number[];
  readonly #after: ReturnType<Generator['getState']> | undefined;

  /** Draws one seed for each micro-batch. A single one goes on drawing from the generator itself. */
  constructor(generator: Generator | undefined, microBatches: number) {
    this.#generator = microBatches > 1 ? generator : undefined;
    const draw = () => this.#generator?.nextInt(2 ** 31 - 1) ?? 0;
    this.#seeds = Array.from({ length: this.#generator ? microBatches : 0 }, draw);
    this.#after = this.#generator?.getState();
  }

  begin(microBatch: number): void {
    this.#generator?.setState({ seed: this.#seeds[microBatch] ?? 0, counter: 0 });
  }

  /** After the last one: the generator goes on behind the seeds. */
  end(): void {
    if (this.#after) this.#generator?.setState(this.#after);
  }
}
