// How far a sequence is from another: Levenshtein's distance, and the error rates made of it (of words
// WER, of characters CER, of phonemes PER).

/** Fewest insertions, deletions and substitutions that make `a` of `b`. */
export function editDistance<T>(a: readonly T[], b: readonly T[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, item] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      const substituted = row[j]! + (item === other ? 0 : 1);
      next.push(Math.min(substituted, row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** Σ distance / Σ length of the expected sequences. Where several answers are right, the nearest counts.
 *  @param expected the right answers for each prediction, at least one */
export function errorRate<T>(
  predicted: readonly (readonly T[])[],
  expected: readonly (readonly (readonly T[])[])[],
): number {
  if (predicted.length !== expected.length || expected.length === 0) {
    throw new RangeError(
      `errorRate: expected: expected answers for each prediction, at least one, got ${expected.length} for ${predicted.length}.`,
    );
  }
  let [errors, length] = [0, 0];
  for (const [i, sequence] of predicted.entries()) {
    const distances = expected[i]!.map((answer) => editDistance(sequence, answer));
    const best = Math.min(...distances);
    if (!Number.isFinite(best)) {
      throw new RangeError(`errorRate: expected: expected at least one answer at ${i}, got none.`);
    }
    errors += best;
    length += expected[i]![distances.indexOf(best)]!.length;
  }
  if (length === 0) throw new RangeError('errorRate: expected: expected a non-empty answer.');
  return errors / length;
}
