// Who takes part in an update. The loop is written once, for any number of workers that hand each other reports and
// gradients; a single process is a group of one that hands them to itself. So the bits of an update depend on its
// micro-batches and their order, and not on who computed them.

import type { nn, Tensor, Variable } from '@llm/tensor';
import { globalNormOf } from '../gradients/clip.ts';
import { trainableOf, type Optimizer, type StepOptions } from '../optimizer.ts';

/** What all workers must know of a micro-batch. */
export interface MicroBatchReport {
  readonly loss: number;
  /** 0: nothing to learn from, no gradient. */
  readonly weight: number;
  readonly tokens: number;
  readonly metrics: Readonly<Record<string, number>>;
  /** This worker was asked to stop after the update. */
  readonly isAborted: boolean;
}

/** State entries by name; `dispose` frees what was made for the list. */
export interface StateEntries {
  readonly entries: ReadonlyMap<string, Tensor>;
  dispose(): void;
}

/** Each method is called by all workers at the same point. */
export interface Workers {
  /** 0 writes and reads files. */
  readonly rank: number;
  readonly size: number;
  /** Every trainable parameter, in order; known after `start`. */
  readonly parameters: readonly Variable[];
  /** Initialises the optimizer and gives everybody rank 0's parameters, those of `others` too. `run`: what all must agree on. */
  start(
    model: nn.Module,
    optimizer: Optimizer,
    run: {
      readonly others: readonly nn.Module[];
      readonly agree: Readonly<Record<string, number>>;
    },
  ): Promise<void>;
  /** Everybody's report, by rank. */
  reports(own: MicroBatchReport): Promise<readonly MicroBatchReport[]>;
  /**
   * Everybody's gradients, by rank, of the parameters that this worker sums up; undefined where the report's weight
   * was 0. Takes `grads` over, one for each parameter.
   */
  exchange(
    grads: Tensor[] | undefined,
    reports: readonly MicroBatchReport[],
  ): Promise<readonly (Tensor[] | undefined)[]>;
  /** The norm over all parameters, of the sums that workers hold. */
  norm(sums: readonly Tensor[]): Promise<number>;
  /** One update by the sums; afterwards all parameters are the same everywhere. */
  step(optimizer: Optimizer, sums: readonly Tensor[], options: StepOptions): Promise<void>;
  /** The optimizer's whole state, at rank 0. */
  saveState(optimizer: Optimizer): Promise<StateEntries>;
  /** Rank 0 gives the whole state, the others nothing. */
  loadState(optimizer: Optimizer, entries: ReadonlyMap<string, Tensor> | undefined): Promise<void>;
  /** Of all parameters, where the optimizer evaluates with other weights; the caller owns them. */
  evaluationWeights(optimizer: Optimizer): Promise<Tensor[] | undefined>;
  /** Rank 0's value, for all. */
  share<T extends Shared>(value: T): Promise<T>;
  /** Tells the others that this worker gives up. */
  abort(error: unknown): void;
}

/** What `share` can carry. */
export type Shared =
  | null
  | boolean
  | number
  | string
  | undefined
  | readonly Shared[]
  | { readonly [key: string]: Shared };

/** A single process. */
export class Alone implements Workers {
  readonly rank = 0;
  readonly size = 1;
  parameters: readonly Variable[] = [];

  start(model: nn.Module, optimizer: Optimizer): Promise<void> {
    if (optimizer.parameters.length === 0) optimizer.init(trainableOf(model));
    this.parameters = optimizer.parameters;
    return Promise.resolve();
  }

  reports(own: MicroBatchReport): Promise<readonly MicroBatchReport[]> {
    return Promise.resolve([own]);
  }

  exchange(grads: Tensor[] | undefined): Promise<readonly (Tensor[] | undefined)[]> {
    return Promise.resolve([grads]);
  }

  norm(sums: readonly Tensor[]): Promise<number> {
    return Promise.resolve(globalNormOf(sums));
  }

  step(optimizer: Optimizer, sums: readonly Tensor[], options: StepOptions): Promise<void> {
    optimizer.step(sums, options);
    return Promise.resolve();
  }

  saveState(optimizer: Optimizer): Promise<StateEntries> {
    return Promise.resolve({ entries: optimizer.saveState(), dispose: () => undefined });
  }

  loadState(optimizer: Optimizer, entries: ReadonlyMap<string, Tensor> | undefined): Promise<void> {
    if (entries) optimizer.loadState(entries);
    return Promise.resolve();
  }

  evaluationWeights(optimizer: Optimizer): Promise<Tensor[] | undefined> {
    return Promise.resolve(optimizer.evaluationWeights?.());
  }

  share<T extends Shared>(value: T): Promise<T> {
    return Promise.resolve(value);
  }

  abort(): void {
    // nobody to tell
  }
}
