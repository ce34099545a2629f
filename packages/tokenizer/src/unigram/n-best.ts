/** The best tokenizations of a text that was cut into pieces: the sums of the pieces' own n-best lists. */
import type { FullPiece } from '../encoding/full-encoder.ts';
import { TokenizerError } from '../errors.ts';
import type { Model } from '../model.ts';
import { UnigramModel } from './unigram-model.ts';

export interface ScoredIds {
  readonly ids: readonly number[];
  /** Log probability. */
  readonly score: number;
}

/** The `count` most probable tokenizations, best first. @param pieces cuts the text, once the rest is checked */
export function encodeNBest(
  model: Model,
  pieces: () => readonly FullPiece[],
  count: number,
): ScoredIds[] {
  if (!(model instanceof UnigramModel)) {
    throw new TokenizerError(
      `encodeNBest: expected a Unigram model, got ${model.type}, which has but one way to tokenize.`,
    );
  }
  if (!Number.isInteger(count) || count < 1)
    throw new TokenizerError(`encodeNBest: count: expected at least 1, got ${count}.`);
  const lists = pieces().map(({ token, text }) =>
    token === undefined ? model.nBest(text.text, count) : [{ ids: [token.id], score: 0 }],
  );
  return combineNBest(lists, count);
}

/** `lists[i]` holds the best of piece i, best first; the result holds at most `count`. */
function combineNBest(lists: readonly (readonly ScoredIds[])[], count: number): ScoredIds[] {
  let best: ScoredIds[] = [{ ids: [], score: 0 }];
  for (const list of lists) {
    best = best
      .flatMap((before) =>
        list.map(({ ids, score }) => ({
          ids: [...before.ids, ...ids],
          score: before.score + score,
        })),
      )
      .sort((a, b) => b.score - a.score)
      .slice(0, count);
  }
  return best;
}
