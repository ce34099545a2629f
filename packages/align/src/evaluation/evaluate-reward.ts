// How a reward model does on held-out pairs.
import { scope } from '@llm/tensor';
import type { RewardModel } from '@llm/transformer';
import { collatePairs } from '../data/collate.ts';
import type { PreferenceExample } from '../data/tokenize-preferences.ts';
import { DataError } from '../errors.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';
import { scoreRows } from '../reward/train-reward.ts';
import { winRate } from './win-rate.ts';

export interface PairEvaluationOptions {
  /** Pairs of one forward pass. @default 8 */
  batchSize?: number;
  /** @default 0 */
  padTokenId?: number;
}

export interface RewardEvaluation {
  /** Share of pairs in which `chosen` scores higher. */
  readonly accuracy: number;
  /** Mean of score(chosen) − score(rejected). */
  readonly margin: number;
  readonly pairs: number;
}

export function evaluateReward(
  model: RewardModel,
  examples: readonly PreferenceExample[],
  options: PairEvaluationOptions = {},
): RewardEvaluation {
  const { batchSize = 8, padTokenId } = options;
  const [chosen, rejected]: [number[], number[]] = [[], []];
  inEvalMode(model, () => {
    for (let start = 0; start < examples.length; start += batchSize) {
      const batch = collatePairs(examples.slice(start, start + batchSize), { padTokenId });
      const scores = scope(() => scoreRows(model, batch).dataSync());
      chosen.push(...scores.slice(0, batch.pairs));
      rejected.push(...scores.slice(batch.pairs));
    }
  });
  return { ...comparePairs('evaluateReward', chosen, rejected), pairs: examples.length };
}

/** Accuracy and mean margin of paired scores. */
export function comparePairs(
  op: string,
  chosen: readonly number[],
  rejected: readonly number[],
): { accuracy: number; margin: number } {
  if (chosen.length === 0) {
    throw new DataError(`${op}: examples: expected at least one pair, got 0.`);
  }
  const gaps = chosen.map((score, i) => score - rejected[i]!);
  return {
    accuracy: winRate(chosen, rejected),
    margin: gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length,
  };
}
