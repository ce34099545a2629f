// Ranking without a person: several answers to a prompt and a score for each → prompt/chosen/rejected triples.
// A pure function: where the answers and the scores come from (a rule, a reward model, a person's ranking turned into
// numbers) is the caller's matter.
import { ConfigError } from '../errors.ts';

export interface ScoredAnswer {
  readonly text: string;
  /** Larger is better. */
  readonly score: number;
}

/** A preference row, ready for tokenizePreferences and for a JSONL file. */
export interface RankedPair {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  /** Score of `chosen` − score of `rejected`. */
  readonly margin: number;
}

export interface RankOptions {
  /** 'extremes': the best against the worst. 'all': every answer against every clearly worse one.
   *  @default 'extremes' */
  pairs?: 'extremes' | 'all';
  /** Answers whose scores differ by less are equally good: no pair. ≥ 0. @default 0 (they must differ) */
  minGap?: number;
  /** Most triples of one prompt, those with the largest gaps. @default no limit */
  maxPairs?: number;
}

/** Triples for one prompt, largest score gap first; `margin` is the gap. Repeated answers count once, with their best
 *  score. @returns [] when no answer is clearly better than another */
export function rankSamples(
  prompt: string,
  answers: readonly ScoredAnswer[],
  options: RankOptions = {},
): RankedPair[] {
  const { pairs = 'extremes', minGap = 0, maxPairs = Infinity } = options;
  if (!(minGap >= 0)) {
    throw new ConfigError(`rankSamples: minGap: expected a number ≥ 0, got ${minGap}.`);
  }
  const ranked = bestOfEach(answers).sort((a, b) => b.score - a.score);
  const candidates = pairs === 'extremes' ? [ranked.at(0), ranked.at(-1)] : ranked;
  const triples = allPairs(candidates.filter((answer) => answer !== undefined))
    .map(([better, worse]) => ({
      prompt,
      chosen: better.text,
      rejected: worse.text,
      margin: better.score - worse.score,
    }))
    .filter(({ margin }) => margin > 0 && margin >= minGap);
  return triples.sort((a, b) => b.margin - a.margin).slice(0, maxPairs);
}

function bestOfEach(answers: readonly ScoredAnswer[]): ScoredAnswer[] {
  const best = new Map<string, ScoredAnswer>();
  for (const answer of answers) {
    const known = best.get(answer.text);
    if (!known || answer.score > known.score) best.set(answer.text, answer);
  }
  return [...best.values()];
}

/** Every (earlier, later) pair of a list. */
function allPairs<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((first, i) => items.slice(i + 1).map((second): [T, T] => [first, second]));
}
