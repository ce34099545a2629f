// Several rewards of a completion as one number.
import { ConfigError } from '../errors.ts';
import { nanMean, nanStd } from './nan-statistics.ts';

/** Σ weight · reward over the rewards that apply; NaN where none does.
 *  @param values by reward, then by completion; NaN = does not apply */
export function weightedRewards(
  values: readonly (readonly number[])[],
  weights: readonly number[],
): number[] {
  return Array.from(values[0] ?? [], (_, i) => {
    const own = values.map((row, f) => row[i]! * weights[f]!);
    const known = own.filter((value) => !Number.isNaN(value));
    return known.length === 0 ? NaN : known.reduce((sum, value) => sum + value, 0);
  });
}

/** One for each reward. @throws ConfigError */
export function checkedWeights(
  op: string,
  weights: readonly number[] | undefined,
  count: number,
): readonly number[] {
  const all = weights ?? new Array<number>(count).fill(1);
  if (all.length === count && all.every(Number.isFinite)) return all;
  throw new ConfigError(
    `${op}: rewardWeights: expected ${count} numbers, one for each reward, got [${all.join(', ')}].`,
  );
}

/** Lists of `size`, one for each group. */
export function groupsOf<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: values.length / size }, (_, i) =>
    values.slice(i * size, (i + 1) * size),
  );
}

/** TRL's `reward`, `reward_std` and, from the deviation in each group, `frac_reward_zero_std`. */
export function totalMetrics(
  rewards: readonly number[],
  deviations: readonly number[],
): Record<string, number> {
  const flat = deviations.filter((deviation) => Math.abs(deviation) <= 1e-8); // torch.isclose's atol
  return {
    reward: nanMean(rewards),
    reward_std: nanStd(rewards),
    frac_reward_zero_std: flat.length / deviations.length,
  };
}
