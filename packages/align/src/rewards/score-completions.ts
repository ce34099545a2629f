// Asks every reward about every completion; asynchronous ones run side by side.
import { RewardModel } from '@llm/transformer';
import { DataError } from '../errors.ts';
import type { Text } from '../data/rows.ts';
import { scoreSamples } from '../ppo/score-samples.ts';
import type { Sample, ScoreOptions } from '../ppo/score-samples.ts';
import { rewardNames } from './completion-reward.ts';
import type { RewardInput, RewardSource } from './completion-reward.ts';

/** A completion, and the row that it answers. */
export interface JudgedCompletion extends Sample {
  readonly prompt: Text;
  readonly text: string;
  readonly columns: Readonly<Record<string, unknown>>;
}

export interface RewardTable {
  readonly names: readonly string[];
  /** By reward, then by completion; NaN where it does not apply. */
  readonly values: readonly (readonly number[])[];
  /** From logMetric: means over the calls. */
  readonly metrics: Readonly<Record<string, number>>;
  /** From logExtra. */
  readonly extra: Readonly<Record<string, readonly unknown[]>>;
}

/** @throws DataError when a reward gives something other than one number or null for each completion */
export async function scoreCompletions(
  rewards: readonly RewardSource[],
  completions: readonly JudgedCompletion[],
  options: ScoreOptions = {},
): Promise<RewardTable> {
  const names = rewardNames(rewards);
  const logged = new Map<string, number[]>();
  const extra: Record<string, readonly unknown[]> = {};
  const input: RewardInput = {
    ...inputOf(completions),
    logMetric: (name, value) => void logged.set(name, [...(logged.get(name) ?? []), value]),
    logExtra: (column, values) => void (extra[column] = values),
  };
  const values = await Promise.all(
    rewards.map(async (reward, i) =>
      reward instanceof RewardModel
        ? Array.from(await scoreSamples(reward, completions, options))
        : checked(names[i]!, await reward(input), completions.length),
    ),
  );
  const metrics = Object.fromEntries([...logged].map(([name, all]) => [name, mean(all)]));
  return { names, values, metrics, extra };
}

function inputOf(completions: readonly JudgedCompletion[]) {
  const columns = new Set(completions.flatMap((completion) => Object.keys(completion.columns)));
  return {
    prompts: completions.map(({ prompt }) => prompt),
    completions: completions.map(({ text }) => text),
    completionIds: completions.map(({ completionIds }) => completionIds),
    isFinished: completions.map(({ isFinished }) => isFinished),
    columns: Object.fromEntries(
      [...columns].map((name) => [name, completions.map((row) => row.columns[name])]),
    ),
  };
}

function checked(name: string, scores: unknown, count: number): number[] {
  const list: readonly unknown[] = Array.isArray(scores) ? scores : [];
  const isRight = (score: unknown) => score === null || Number.isFinite(score);
  if (list.length === count && list.every(isRight)) {
    return list.map((score) => (score === null ? NaN : (score as number)));
  }
  const got = Array.isArray(scores)
    ? `${scores.length}: [${scores.slice(0, 8).map(String).join(', ')}]`
    : typeof scores;
  throw new DataError(
    `rewards: ${name}: expected ${count} finite numbers or nulls, one for each completion, got ${got}. ` +
      'Return null where the reward does not apply.',
  );
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
