// Rewards for the shape of a completion, not for what it says (TRL 1.16's built-in ones).
import { ConfigError } from '../errors.ts';
import { accuracyReward } from './accuracy-reward.ts';
import type { AccuracyOptions } from './accuracy-reward.ts';
import type { CompletionReward } from './completion-reward.ts';

const THOUGHT = /^<think>(?!.*<think>)(.*?)<\/think>.*$/ms;

/** 1 for a completion that is one `<think>…</think>` and then an answer, else 0. */
export const thinkFormatReward: CompletionReward = function think_format_reward({ completions }) {
  // Python's re.match holds to the start of the text; ^ alone would match at any line
  return completions.map((text) => (text.startsWith('<think>') && THOUGHT.test(text) ? 1 : 0));
};

export interface CosineScaledOptions extends AccuracyOptions {
  /** Tokens at which the schedule ends. */
  maxLength: number;
  /** Reward of a wrong completion at length 0. @default -1 */
  minWrong?: number;
  /** Reward of a wrong completion at maxLength. @default -0.5 */
  maxWrong?: number;
  /** Reward of a right completion at maxLength. @default 0.5 */
  minCorrect?: number;
  /** Reward of a right completion at length 0. @default 1 */
  maxCorrect?: number;
}

/** Right answers earn more the shorter they are, wrong ones lose less the longer they thought (Yeo et al. 2025,
 *  arXiv 2502.03373, C.1): min + ½(max − min)(1 + cos(π·length/maxLength)). */
export function cosineScaledReward(options: CosineScaledOptions): CompletionReward {
  const { maxLength, minWrong = -1, maxWrong = -0.5, minCorrect = 0.5, maxCorrect = 1 } = options;
  const isRight = accuracyReward(options);
  return async function cosine_scaled_reward(input) {
    const right = await isRight(input);
    return right.map((score, i) => {
      if (score === null) return null;
      const progress = Math.min(input.completionIds[i]!.length / maxLength, 1);
      const [low, high] = score === 1 ? [minCorrect, maxCorrect] : [maxWrong, minWrong];
      return low + 0.5 * (high - low) * (1 + Math.cos(Math.PI * progress));
    });
  };
}

/** maxPenalty · (1 − different n-grams / n-grams) of the ids; 0 for a completion shorter than n (arXiv 2502.03373,
 *  C.2). @param options ngramSize @default 3, maxPenalty ≤ 0 @default -1 */
export function repetitionPenaltyReward(
  options: { ngramSize?: number; maxPenalty?: number } = {},
): CompletionReward {
  const { ngramSize = 3, maxPenalty = -1 } = options;
  if (maxPenalty > 0) {
    throw new ConfigError(
      `repetitionPenaltyReward: maxPenalty: expected a number ≤ 0, got ${maxPenalty}. It is a penalty.`,
    );
  }
  return function repetition_penalty_reward({ completionIds }) {
    return completionIds.map((ids) => {
      const total = ids.length - ngramSize + 1;
      if (total < 1) return 0;
      const grams = ids.slice(0, total).map((_, i) => ids.slice(i, i + ngramSize).join());
      const repeated = 1 - new Set(grams).size / total;
      return repeated === 0 ? 0 : repeated * maxPenalty;
    });
  };
}

/** 0 up to maxLength − cache tokens, then falling linearly to −1 at maxLength (DAPO, arXiv 2503.14476, eq. 13). */
export function softOverlongPunishment(options: {
  maxLength: number;
  cache: number;
}): CompletionReward {
  const { maxLength, cache } = options;
  return function soft_overlong_punishment_reward({ completionIds }) {
    return completionIds.map(({ length }) => {
      if (length <= maxLength - cache) return 0;
      return length <= maxLength ? (maxLength - cache - length) / cache : -1;
    });
  };
}
