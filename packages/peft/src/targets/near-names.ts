// Names that a misspelt one may have meant.

/** Up to `limit` of the candidates, nearest first by edit distance. */
export function nearNames(name: string, candidates: Iterable<string>, limit = 5): string[] {
  const scored = Array.from(new Set(candidates), (candidate) => ({
    candidate,
    distance: editDistance(name, candidate),
  }));
  scored.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return scored.slice(0, limit).map(({ candidate }) => candidate);
}

/** Levenshtein distance: the fewest insertions, deletions and substitutions of one character. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substituted, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
