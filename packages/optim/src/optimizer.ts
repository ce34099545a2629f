// What every optimizer offers to a training loop.

import type { nn, Tensor, Variable } from '@llm/tensor';

/** Parameters by path, as nn.Module.namedParameters gives them. */
export type NamedParameters = Iterable<readonly [path: string, parameter: Variable]>;

export interface StepOptions {
  /** Overrides the optimizer's own rate for this update. */
  readonly learningRate?: number;
  /** Every gradient is multiplied by it first: clipping and averaging without a copy. @default 1 */
  readonly gradScale?: number;
}

export interface Optimizer {
  /** The parameters it updates, in the order that gradients must have. Empty before `init`. */
  readonly parameters: readonly Variable[];
  /** Updates made so far; a training loop sets it when it resumes. */
  count: number;
  /** The rate of a step that is not given one. */
  readonly learningRate: number;
  /** Takes the trainable parameters and allocates state for them. Call once. */
  init(model: nn.Module | NamedParameters): void;
  /** One update in place. `grads` stay the caller's. */
  step(grads: readonly Tensor[], options?: StepOptions): void;
  /** The state by name: the live tensors, not copies. For writeSafetensors. */
  saveState(): Map<string, Tensor>;
  /** Copies a saved state in. The entries stay the caller's. Throws CheckpointError when names or shapes differ. */
  loadState(entries: ReadonlyMap<string, Tensor>): void;
  /**
   * The weights to evaluate and to keep, in the order of `parameters`, where training uses others (averages,
   * schedule-free rules). The caller owns them.
   */
  readonly evaluationWeights?: () => Tensor[];
  /** Frees the state, not the parameters. Safe to call twice. */
  dispose(): void;
}

/** The trainable ones of a module or of a list, with their paths. */
export function trainableOf(model: nn.Module | NamedParameters): [string, Variable][] {
  const named = 'namedParameters' in model ? model.namedParameters() : model;
  return Array.from(named, ([path, parameter]): [string, Variable] => [path, parameter]).filter(
    ([, parameter]) => parameter.trainable,
  );
}
