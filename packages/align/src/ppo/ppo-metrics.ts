// The numbers of one PPO update under TRL's names. Where TRL averages over padding too (entropy, approxkl, ratio),
// these are over the answers' tokens.
import type { Rollout } from './rollout.ts';

export type PpoMetrics = Readonly<Record<string, number>>;

/** What the rollout alone tells. */
export function rolloutMetrics(rollout: Rollout): Record<string, number> {
  const rows = rollout.samples.length;
  const nonScoreReward = mean(rollout.nonScoreRewards);
  const scores = mean(rollout.scores);
  const tokens = rollout.samples.reduce((sum, sample) => sum + sample.completionIds.length, 0);
  return {
    'objective/kl': mean(rollout.kl),
    'objective/entropy': -sum(rollout.logprobs) / rows,
    'objective/non_score_reward': nonScoreReward,
    'objective/rlhf_reward': nonScoreReward + scores,
    'objective/scores': scores,
    'val/num_eos_tokens': rollout.samples.filter((sample) => sample.isFinished).length,
    'completions/mean_length': tokens / rows,
  };
}

/** Loss metrics of an update's minibatches, as the loss function names them → their means under TRL's names. */
export function updateMetrics(steps: readonly PpoMetrics[]): Record<string, number> {
  const means: Record<string, number> = {};
  for (const [ours, name] of Object.entries(NAMES)) {
    means[name] = mean(steps.map((step) => step[ours] ?? NaN));
  }
  const ratios = steps.map((step) => step['ratio'] ?? NaN);
  return { ...means, 'val/ratio_var': variance(ratios) };
}

const NAMES = {
  policyLoss: 'loss/policy_avg',
  valueLoss: 'loss/value_avg',
  approxKl: 'policy/approxkl_avg',
  policyKl: 'policy/policykl_avg',
  clipFraction: 'policy/clipfrac_avg',
  valueClipFraction: 'val/clipfrac_avg',
  entropy: 'policy/entropy_avg',
  ratio: 'val/ratio',
} as const;

function sum(values: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
}

function mean(values: ArrayLike<number>): number {
  return sum(values) / values.length;
}

/** Unbiased; 0 for a single value. */
function variance(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.map((value) => (value - centre) ** 2);
  return values.length < 2 ? 0 : sum(squares) / (values.length - 1);
}
