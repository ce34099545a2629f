// What a completion is worth: functions of texts and ids, and reward models. Any number of them judge the same
// completions; one that has nothing to say about a completion gives null.
import { RewardModel } from '@llm/transformer';
import type { Text } from '../data/rows.ts';

/** What a reward function is told. All lists are as long as there are completions. */
export interface RewardInput {
  /** As in the data: a string, or messages. Repeated for each completion of a group. */
  readonly prompts: readonly Text[];
  /** What the policy wrote, without the stop token. Ids separated by blanks if the trainer got no tokenizer. */
  readonly completions: readonly string[];
  /** With the stop token, if it came. */
  readonly completionIds: readonly (readonly number[])[];
  /** Whether a stop token came before the length limit. */
  readonly isFinished: readonly boolean[];
  /** The data's other columns: `columns.answer[i]` belongs to completion i; undefined where a row has none. */
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
  /** Logs a number beside the trainer's own, averaged over the calls of one generation. */
  readonly logMetric: (name: string, value: number) => void;
  /** Adds a column to what `onGeneration` is given. */
  readonly logExtra: (column: string, values: readonly unknown[]) => void;
}

/** One number a completion, larger is better; null where it does not apply. */
export type CompletionReward = (
  input: RewardInput,
) => readonly (number | null)[] | Promise<readonly (number | null)[]>;

/** A function, or a reward model of the policy's vocabulary. */
export type RewardSource = RewardModel | CompletionReward;

/** Names for the metrics `rewards/<name>/mean`: the functions' own, made unique. */
export function rewardNames(rewards: readonly RewardSource[]): string[] {
  const seen = new Map<string, number>();
  return rewards.map((reward) => {
    const own = reward instanceof RewardModel ? 'reward_model' : reward.name || 'reward';
    const times = (seen.get(own) ?? 0) + 1;
    seen.set(own, times);
    return times === 1 ? own : `${own}_${times}`;
  });
}
