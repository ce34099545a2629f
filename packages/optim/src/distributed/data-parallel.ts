// Data parallel training: every worker has the whole model and computes gradients of its own micro-batches. Each
// parameter has an owner that adds up everybody's gradients of it, in the order of micro-batches, as a single process
// would: so N workers give the same bits as one process with as many micro-batches.
//
// `shard: 'optimizer'` is ZeRO stage 2 (Rajbhandari et al. 2020): only the owner keeps the optimizer's state and the
// sum of the gradients; it steps, and hands the new parameters out. `shard: 'none'` hands the sums out instead, and all
// step alike. Both send as much: (N−1)/N of the parameters for each micro-batch and again for each update.

import { nn, tf, type Tensor, type Variable } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import { combinedNorm, normOf } from '../gradients/clip.ts';
import { trainableOf, type Optimizer, type StepOptions } from '../optimizer.ts';
import type { MicroBatchReport, Shared, StateEntries, Workers } from '../train/workers.ts';
import type { Group } from './group.ts';
import { gatherState, spreadState } from './optimizer-state.ts';
import { ownersOf } from './owners.ts';
import { packed, totalSize, unpacked } from './pack.ts';
import { sameParameters } from './same-parameters.ts';

export interface DataParallelOptions {
  /** What each worker keeps only its part of. @default 'optimizer' */
  readonly shard?: 'none' | 'optimizer';
}

/** The `workers` of `train`. Every worker calls `train` with the same options, and `group.close()` afterwards. */
export function dataParallel(group: Group, options: DataParallelOptions = {}): Workers {
  return new DataParallel(group, options.shard ?? 'optimizer');
}

class DataParallel implements Workers {
  readonly rank: number;
  readonly size: number;
  parameters: readonly Variable[] = [];
  readonly #group: Group;
  readonly #isSharded: boolean;
  /** Parameters by owner, each in the model's order. */
  #owned: readonly (readonly Variable[])[] = [];
  #owners: readonly number[] = [];

  constructor(group: Group, shard: 'none' | 'optimizer') {
    this.#group = group;
    this.rank = group.rank;
    this.size = group.size;
    this.#isSharded = shard === 'optimizer';
  }

  async start(
    model: nn.Module,
    optimizer: Optimizer,
    { others, agree }: Parameters<Workers['start']>[2],
  ): Promise<void> {
    await this.#checkAgreed({ ...agree, sharded: Number(this.#isSharded) });
    await sameParameters(this.#group, [model, ...others]);
    const named = trainableOf(model);
    this.parameters = named.map(([, parameter]) => parameter);
    this.#owners = ownersOf(
      this.parameters.map(({ size }) => size),
      this.size,
    );
    this.#owned = Array.from({ length: this.size }, (_, rank) => this.#of(rank, this.parameters));
    this.#checkCount();
    if (optimizer.parameters.length > 0) {
      throw new ConfigError(
        'dataParallel: optimizer: expected one that train initialises, got one after init. ' +
          'Each worker gives it its own parameters.',
      );
    }
    optimizer.init(this.#isSharded ? this.#of(this.rank, named) : named);
  }

  async reports(own: MicroBatchReport): Promise<readonly MicroBatchReport[]> {
    return this.#group.allGatherJson({ ...own });
  }

  async exchange(
    grads: Tensor[] | undefined,
    reports: readonly MicroBatchReport[],
  ): Promise<readonly (Tensor[] | undefined)[]> {
    const byOwner = grads && this.#owned.map((_, owner) => this.#of(owner, grads));
    const parts = this.#owned.map((_, owner) =>
      owner === this.rank || !byOwner ? undefined : packed(byOwner[owner]!),
    );
    byOwner?.forEach((list, owner) => owner !== this.rank && tf.dispose(list));
    const own = this.#owned[this.rank]!;
    const expected = reports.map(({ weight }) => (weight > 0 ? totalSize(own) : undefined));
    const got = await this.#group.allToAll(parts, expected);
    const shapes = own.map(({ shape }) => shape);
    return got.map((numbers, rank) => {
      if (rank === this.rank) return byOwner?.[rank];
      return numbers && unpacked(numbers, shapes);
    });
  }

  async norm(sums: readonly Tensor[]): Promise<number> {
    const byOwner = await this.#group.allGatherJson(sums.map(normOf));
    return combinedNorm(this.#inOrder(byOwner));
  }

  async step(optimizer: Optimizer, sums: readonly Tensor[], options: StepOptions): Promise<void> {
    if (this.#isSharded) {
      optimizer.step(sums, options);
      return this.#handOut();
    }
    const all = await this.#gathered(sums);
    try {
      optimizer.step(all, options);
    } finally {
      tf.dispose(all.filter((sum) => !sums.includes(sum)));
    }
  }

  async saveState(optimizer: Optimizer): Promise<StateEntries> {
    if (this.#isSharded) return gatherState(this.#group, optimizer);
    return { entries: optimizer.saveState(), dispose: () => undefined };
  }

  loadState(optimizer: Optimizer, entries: ReadonlyMap<string, Tensor> | undefined): Promise<void> {
    return spreadState(this.#group, optimizer, entries);
  }

  async evaluationWeights(optimizer: Optimizer): Promise<Tensor[] | undefined> {
    const own = optimizer.evaluationWeights?.();
    return own && this.#isSharded ? this.#gathered(own) : own;
  }

  share<T extends Shared>(value: T): Promise<T> {
    return this.#group.broadcastJson(value);
  }

  abort(error: unknown): void {
    this.#group.abort(error instanceof Error ? error : new Error(String(error)));
  }

  /** The own parameters' new values go to everybody. */
  async #handOut(): Promise<void> {
    const arrays = await this.#group.allGather(packed(this.#owned[this.rank]!));
    this.#owned.forEach((parameters, owner) => {
      if (owner === this.rank) return;
      const values = unpacked(
        arrays[owner]!,
        parameters.map(({ shape }) => shape),
      );
      parameters.forEach((p, i) => nn.assignParameter(p, values[i]!, p.name));
    });
  }

  /** Tensors of own parameters → those of all, in order; the own ones are passed on. */
  async #gathered(own: readonly Tensor[]): Promise<Tensor[]> {
    const arrays = await this.#group.allGather(packed(own));
    const byOwner = arrays.map((numbers, owner) =>
      owner === this.rank
        ? own
        : unpacked(
            numbers,
            this.#owned[owner]!.map(({ shape }) => shape),
          ),
    );
    return this.#inOrder(byOwner);
  }

  /** Those that belong to a worker of a list in the order of all parameters. */
  #of<T>(rank: number, list: readonly T[]): T[] {
    return list.filter((_, i) => this.#owners[i] === rank);
  }

  /** The inverse: lists by owner → one list in the order of all parameters. */
  #inOrder<T>(byOwner: readonly (readonly T[])[]): T[] {
    const next = byOwner.map(() => 0);
    return this.#owners.map((owner) => byOwner[owner]![next[owner]!++]!);
  }

  async #checkAgreed(own: Readonly<Record<string, number>>): Promise<void> {
    const [first = {}, ...others] = await this.#group.allGatherJson({ ...own });
    for (const [i, other] of others.entries()) {
      for (const [name, value] of Object.entries(first)) {
        if (other[name] === value) continue;
        throw new ConfigError(
          `dataParallel: ${name}: expected ${value} at rank ${i + 1} as at rank 0, got ${other[name]}. ` +
            'Start all workers with the same options.',
        );
      }
    }
  }

  #checkCount(): void {
    if (this.#owned.every((list) => list.length > 0)) return;
    throw new ConfigError(
      `dataParallel: model: expected at least one trainable parameter for each of ${this.size} workers, ` +
        `got ${this.parameters.length}. Start fewer workers.`,
    );
  }
}
