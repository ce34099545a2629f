// What an answer is worth: a reward model's score, or a rule's.
import { scope } from '@llm/tensor';
import { RewardModel } from '@llm/transformer';
import { collate, joined } from '../data/collate.ts';
import { DataError } from '../errors.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';
import { scoreRows } from '../reward/train-reward.ts';

/** An answer that the policy gave. */
export interface Sample {
  readonly promptIds: readonly number[];
  /** With the stop token, if it came. */
  readonly completionIds: readonly number[];
  /** Whether a stop token came before the length limit. */
  readonly isFinished: boolean;
}

/** One number a sample, larger is better. */
export type RewardFunction = (
  samples: readonly Sample[],
) => readonly number[] | Promise<readonly number[]>;
export type Reward = RewardModel | RewardFunction;

export interface ScoreOptions {
  /** Taken from the score of an answer without a stop token. @default 0 */
  missingEosPenalty?: number;
  /** Rows of one forward pass of a reward model. @default 64 */
  batchSize?: number;
  /** @default 0 */
  padTokenId?: number;
}

/** @returns one score a sample @throws DataError when a reward function gives something else */
export async function scoreSamples(
  reward: Reward,
  samples: readonly Sample[],
  options: ScoreOptions = {},
): Promise<Float32Array> {
  const { missingEosPenalty = 0 } = options;
  const scores =
    reward instanceof RewardModel ? modelScores(reward, samples, options) : await reward(samples);
  if (scores.length !== samples.length || !scores.every((score) => Number.isFinite(score))) {
    throw new DataError(
      `ppo: reward: expected ${samples.length} finite numbers, got [${scores.slice(0, 8).join(', ')}]. ` +
        'Return one score for each sample.',
    );
  }
  return Float32Array.from(scores, (score, i) =>
    samples[i]!.isFinished ? score : score - missingEosPenalty,
  );
}

function modelScores(
  model: RewardModel,
  samples: readonly Sample[],
  { batchSize = 64, padTokenId }: ScoreOptions,
): number[] {
  const scores: number[] = [];
  inEvalMode(model, () => {
    for (let start = 0; start < samples.length; start += batchSize) {
      const part = samples.slice(start, start + batchSize);
      const rows = part.map((sample) => joined(sample.promptIds, sample.completionIds));
      scores.push(...scope(() => scoreRows(model, collate(rows, { padTokenId })).dataSync()));
    }
  });
  return scores;
}
