// GRPO's advantages (Shao et al. 2024, arXiv 2402.03300, 4.1.2): how much better a completion is than the others of
// its prompt. No critic. Equal to TRL 1.16, whose deviation is unbiased and which adds 1e-4 to it.
import { nanMean, nanStd } from '../groups/nan-statistics.ts';
import { groupsOf, totalMetrics, weightedRewards } from '../groups/weighted-rewards.ts';

export interface GroupAdvantageOptions {
  /** Completions of one prompt, side by side. */
  groupSize: number;
  /** Weight of each reward. @default 1 each */
  rewardWeights?: readonly number[];
  /** What a difference from the group's mean is divided by: the group's deviation, the whole batch's (Liu et al.
   *  2025, arXiv 2508.08221), or nothing (Dr. GRPO, arXiv 2503.20783). @default 'group' */
  scaleRewards?: 'group' | 'batch' | 'none';
  /** Add rewards up and compare the sums, or compare each reward by itself and add those up, so that none of them is
   *  drowned (GDPO, arXiv 2601.05242). @default 'sumThenNormalize' */
  aggregation?: 'sumThenNormalize' | 'normalizeThenSum';
}

export interface GroupAdvantages {
  /** 0 where no reward applied. */
  readonly advantages: readonly number[];
  readonly metrics: Readonly<Record<string, number>>;
}

const EPSILON = 1e-4;

/** @param values by reward, then by completion; NaN where a reward does not apply */
export function groupAdvantages(
  values: readonly (readonly number[])[],
  options: GroupAdvantageOptions,
): GroupAdvantages {
  const { rewardWeights: weights = values.map(() => 1), aggregation = 'sumThenNormalize' } =
    options;
  const total = weightedRewards(values, weights);
  const { advantages, deviations } =
    aggregation === 'sumThenNormalize'
      ? normalizedSums(total, options)
      : sumOfNormalized(values, weights, options.groupSize);
  return {
    advantages: advantages.map((advantage) => (Number.isNaN(advantage) ? 0 : advantage)),
    metrics: totalMetrics(total, deviations),
  };
}

function normalizedSums(total: readonly number[], options: GroupAdvantageOptions) {
  const { groupSize, scaleRewards = 'group' } = options;
  const whole = nanStd(total);
  const deviations = groupsOf(total, groupSize).flatMap((group) =>
    group.map(() => (scaleRewards === 'batch' ? whole : nanStd(group))),
  );
  const differences = groupsOf(total, groupSize).flatMap(centred);
  const advantages = differences.map((difference, i) =>
    scaleRewards === 'none' ? difference : difference / (deviations[i]! + EPSILON),
  );
  return { advantages, deviations };
}

function sumOfNormalized(
  values: readonly (readonly number[])[],
  weights: readonly number[],
  groupSize: number,
) {
  const normalized = values.map((reward) => groupsOf(reward, groupSize).flatMap(standardized));
  const sums = weightedRewards(normalized, weights).map((sum, i) =>
    values.every((reward) => Number.isNaN(reward[i])) ? NaN : Number.isNaN(sum) ? 0 : sum,
  );
  const whole = nanStd(sums);
  return { advantages: standardized(sums), deviations: sums.map(() => whole) };
}

const centred = (group: readonly number[]): number[] => {
  const mean = nanMean(group);
  return group.map((value) => value - mean);
};

const standardized = (group: readonly number[]): number[] => {
  const deviation = nanStd(group);
  return centred(group).map((difference) => difference / (deviation + EPSILON));
};
