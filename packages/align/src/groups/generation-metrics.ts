// The numbers of one generation under TRL's names.
import type { Sample } from '../ppo/score-samples.ts';
import type { RewardTable } from '../rewards/score-completions.ts';
import { nanMean, nanStd } from './nan-statistics.ts';

/** Lengths in tokens; `terminated` are those that ended by themselves (0 where none did). */
export function completionMetrics(samples: readonly Sample[]): Record<string, number> {
  const lengths = samples.map((sample) => sample.completionIds.length);
  const ended = samples.filter((sample) => sample.isFinished);
  return {
    ...lengthMetrics('length', lengths),
    'completions/clipped_ratio': 1 - ended.length / samples.length,
    ...lengthMetrics(
      'terminated_length',
      ended.map((sample) => sample.completionIds.length),
    ),
  };
}

function lengthMetrics(name: string, lengths: readonly number[]): Record<string, number> {
  const known = lengths.length > 0 ? lengths : [0];
  return {
    [`completions/mean_${name}`]: nanMean(known),
    [`completions/min_${name}`]: Math.min(...known),
    [`completions/max_${name}`]: Math.max(...known),
  };
}

/** Mean and deviation of each reward where it applied. */
export function rewardMetrics({ names, values }: RewardTable): Record<string, number> {
  return Object.fromEntries(
    names.flatMap((name, i) => [
      [`rewards/${name}/mean`, nanMean(values[i]!)],
      [`rewards/${name}/std`, nanStd(values[i]!)],
    ]),
  );
}
