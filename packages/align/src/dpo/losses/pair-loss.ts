// What a loss on preference pairs is given. With L = log-probability of a completion under the policy and R under the
// reference, r = L − R is its log-ratio and β·r its implicit reward; a score s is r, or what an f-divergence makes of it.
import type { Tensor } from '@llm/tensor';

/** One number for each completion of a pair, each [B] float32. */
export interface PairOf<T> {
  readonly chosen: T;
  readonly rejected: T;
}

/** Everything a pair loss may use; all [B] float32 unless said. */
export interface PairRatios {
  /** L_w and L_l. */
  readonly policy: PairOf<Tensor>;
  /** R_w and R_l. */
  readonly reference: PairOf<Tensor>;
  /** r_w and r_l. */
  readonly ratios: PairOf<Tensor>;
  /** s_w and s_l: r_w and r_l under the reverse KL. */
  readonly scores: PairOf<Tensor>;
  /** s_w − s_l. */
  readonly margin: Tensor;
  /** Completion tokens, at least 1. */
  readonly lengths?: PairOf<Tensor> | undefined;
  /** Mean of −log p over all tokens of the chosen completions, a scalar. */
  readonly chosenNll?: Tensor | undefined;
}

export interface PairLossOptions {
  readonly beta: number;
  /** Probability ε that a label is the wrong way round, 0 ≤ ε < ½. */
  readonly labelSmoothing: number;
  /** Temperature τ of discopop's blend. */
  readonly discopopTau: number;
}

/** A loss of each pair, [B]. */
export type PairLoss = (pairs: PairRatios, options: PairLossOptions) => Tensor;
