// RLOO's advantages (Ahmadian et al. 2024, arXiv 2402.14740): a completion's reward, less the mean reward of the
// others of its prompt. The divergence from the reference is part of the reward. Equal to TRL 1.16.
import { nanMean, nanStd } from '../groups/nan-statistics.ts';
import { groupsOf, totalMetrics, weightedRewards } from '../groups/weighted-rewards.ts';

export interface LeaveOneOutOptions {
  /** Completions of one prompt, side by side. */
  groupSize: number;
  /** Weight of each reward. @default 1 each */
  rewardWeights?: readonly number[];
  /** Price of one nat of divergence from the reference. TRL's beta. @default 0.05 */
  klCoeff?: number;
  /** Mean 0 and deviation 1 over the batch. @default false */
  normalizeAdvantages?: boolean;
  /** The rewards' sum is brought into this range, before the divergence is taken off. @default none */
  rewardClipRange?: readonly [low: number, high: number];
}

/** @param values by reward, then by completion; NaN where a reward does not apply
 *  @param kl Σ (log π − log π_ref) of each completion; needed where klCoeff is not 0 */
export function leaveOneOutAdvantages(
  values: readonly (readonly number[])[],
  kl: readonly number[] | undefined,
  options: LeaveOneOutOptions,
): { advantages: readonly number[]; metrics: Readonly<Record<string, number>> } {
  const { groupSize, rewardWeights: weights = values.map(() => 1), klCoeff = 0.05 } = options;
  const total = weightedRewards(values, weights);
  const rewards = total.map(
    (reward, i) => clipped(reward, options.rewardClipRange) - klCoeff * (kl?.[i] ?? 0),
  );
  const groups = groupsOf(rewards, groupSize);
  const raw = groups.flatMap(lessTheOthers);
  const advantages = options.normalizeAdvantages ? standardized(raw) : raw;
  return {
    advantages: advantages.map((advantage) => (Number.isFinite(advantage) ? advantage : 0)),
    metrics: totalMetrics(total, groups.map(nanStd)),
  };
}

function clipped(reward: number, range: LeaveOneOutOptions['rewardClipRange']): number {
  return range ? Math.min(Math.max(reward, range[0]), range[1]) : reward;
}

/** NaN for a completion without a reward, and for the only one of its group that has one. */
function lessTheOthers(group: readonly number[]): number[] {
  const known = group.filter((reward) => !Number.isNaN(reward));
  const sum = known.reduce((total, reward) => total + reward, 0);
  return group.map((reward) => reward - (sum - reward) / (known.length - 1));
}

function standardized(values: readonly number[]): number[] {
  const [mean, deviation] = [nanMean(values), nanStd(values)];
  return values.map((value) => (value - mean) / (deviation + 1e-4));
}
