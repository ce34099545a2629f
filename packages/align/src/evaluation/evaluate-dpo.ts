// How a policy ranks held-out pairs by its implicit reward β·log(π / π_ref): DPO's own measure.
import type { CausalLm } from '@llm/transformer';
import type { PreferenceExample } from '../data/tokenize-preferences.ts';
import { precomputeReference } from '../dpo/reference.ts';
import type { ReferencedExample, WithoutAdapter } from '../dpo/reference.ts';
import { comparePairs } from './evaluate-reward.ts';
import type { PairEvaluationOptions } from './evaluate-reward.ts';

export interface DpoEvaluation {
  /** Share of pairs in which the implicit reward of `chosen` is higher; ½ for the reference itself. */
  readonly accuracy: number;
  /** Mean of β·(r_w − r_l). */
  readonly margin: number;
  /** Mean −log σ(β·Δ); ln 2 for the reference itself. */
  readonly loss: number;
  readonly pairs: number;
}

/** @param reference a frozen model, the policy without its adapter, or 'precomputed' when the examples hold its
 *  log-probabilities (precomputeReference) */
export function evaluateDpo(
  policy: CausalLm,
  reference: CausalLm | WithoutAdapter | 'precomputed',
  examples: readonly (PreferenceExample | ReferencedExample)[],
  options: PairEvaluationOptions & { beta?: number } = {},
): DpoEvaluation {
  const { beta = 0.1 } = options;
  const ours = precomputeReference(policy, examples, options);
  const theirs = referenced(policy, reference, examples, options);
  const reward = (side: 'chosen' | 'rejected') =>
    ours.map(
      (pair, i) => beta * (pair.referenceLogprobs[side] - theirs[i]!.referenceLogprobs[side]),
    );
  const [chosen, rejected] = [reward('chosen'), reward('rejected')];
  const losses = chosen.map((score, i) => Math.log1p(Math.exp(rejected[i]! - score)));
  return {
    ...comparePairs('evaluateDpo', chosen, rejected),
    loss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
    pairs: examples.length,
  };
}

function referenced(
  policy: CausalLm,
  reference: CausalLm | WithoutAdapter | 'precomputed',
  examples: readonly (PreferenceExample | ReferencedExample)[],
  options: PairEvaluationOptions,
): readonly ReferencedExample[] {
  if (reference === 'precomputed') return examples as readonly ReferencedExample[];
  if (typeof reference !== 'function') return precomputeReference(reference, examples, options);
  return reference(() => precomputeReference(policy, examples, options));
}
