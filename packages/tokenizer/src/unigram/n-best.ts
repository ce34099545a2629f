/** The best tokenizations of a text that was cut into pieces: the sums of the pieces' own n-best lists. */

export interface ScoredIds {
  readonly ids: readonly number[];
  /** Log probability. */
  readonly score: number;
}

/** `lists[i]` holds the best of piece i, best first; the result holds at most `count`. */
export function combineNBest(lists: readonly (readonly ScoredIds[])[], count: number): ScoredIds[] {
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
