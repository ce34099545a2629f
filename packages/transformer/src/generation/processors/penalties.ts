// Penalties on tokens that were already there.
import { newTokensOf, type LogitsProcessor } from './processor.ts';

/** score < 0 ? score · penalty : score / penalty, for every token of prompt and output (Keskar et al. 2019). */
export function repetitionPenalty(penalty: number): LogitsProcessor {
  return (scores, { tokens }) => penalise(scores, new Set(tokens), penalty);
}

/** The other way round for the source's tokens: a penalty above 1 makes them likelier. */
export function sourceRepetitionPenalty(penalty: number): LogitsProcessor {
  return (scores, { sourceTokens }) => penalise(scores, new Set(sourceTokens), 1 / penalty);
}

/** score − presence · [count > 0] − frequency · count, counted over the new tokens (OpenAI's API). */
export function countPenalty(presence: number, frequency: number): LogitsProcessor {
  return (scores, row) => {
    if (newTokensOf(row) === 0) return;
    const counts = new Map<number, number>();
    for (const token of row.tokens.slice(row.promptLength))
      counts.set(token, (counts.get(token) ?? 0) + 1);
    for (const [token, count] of counts) scores[token]! -= presence + frequency * count;
  };
}

function penalise(scores: Float32Array, tokens: Iterable<number>, penalty: number): void {
  for (const token of tokens) {
    const score = scores[token];
    if (score === undefined) continue;
    scores[token] = score < 0 ? score * penalty : score / penalty;
  }
}
