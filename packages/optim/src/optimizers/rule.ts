// What tells one optimizer from another: the state that it keeps for a parameter, and one step's formula.
// `RuleOptimizer` does what they share: which parameters, groups, saving, loading, disposing.

import type { Tensor, Variable } from '@llm/tensor';

/** The state of one parameter by name, such as { mu, nu }. */
export type ParameterState = Readonly<Record<string, Variable>>;

/** One parameter in a step. */
export interface RuleEntry {
  readonly parameter: Variable;
  /** Of the parameter's shape; it stays the caller's. */
  readonly grad: Tensor;
  readonly state: ParameterState;
  readonly weightDecay: number;
}

/** What one call of a rule updates: parameters with the same rate. */
export interface RuleStep {
  /** Number of this update, from 1. */
  readonly count: number;
  readonly learningRate: number;
  /** Multiplies every gradient first; negative when maximizing. */
  readonly gradScale: number;
  readonly entries: readonly RuleEntry[];
  /** Of this step, as `Rule.begin` made them. */
  readonly numbers: Readonly<Record<string, number>>;
}

export interface Rule {
  /** For messages: the factory's name. */
  readonly name: string;
  /** Shapes of the state tensors of a parameter, by name. */
  state(parameter: Variable): Readonly<Record<string, readonly number[]>>;
  /** What a state tensor holds before the first step. @default zeros; the caller owns the result */
  initial?(stateName: string, parameter: Variable): Tensor;
  /** Numbers of the whole optimizer that change with each step and are kept as float32, with their first values. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** Their values in this step, before any parameter is updated. */
  begin?(
    numbers: Readonly<Record<string, number>>,
    step: { readonly count: number; readonly learningRate: number },
  ): Readonly<Record<string, number>>;
  /** Updates parameters and state in place; leaks nothing. */
  update(step: RuleStep): void;
  /** Weights to evaluate with, where they are not the parameters themselves; the caller owns the result. */
  evaluationWeight?(parameter: Variable, state: ParameterState): Tensor;
}
