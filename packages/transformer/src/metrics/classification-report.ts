// Precision, recall and F1 of predicted classes (scikit-learn's classification_report).

export interface ClassScores {
  /** Share of the predictions of the class that are right; 0 when there are none. */
  readonly precision: number;
  /** Share of the class that was found. */
  readonly recall: number;
  /** 2·precision·recall / (precision + recall). */
  readonly f1: number;
  /** How many are of the class. */
  readonly support: number;
}

export interface ClassificationReport {
  readonly accuracy: number;
  /** Mean of the classes' f1. */
  readonly macroF1: number;
  readonly classes: readonly ClassScores[];
}

/** @param predicted, expected classes 0 … classes − 1, one for each example */
export function classificationReport(
  predicted: ArrayLike<number>,
  expected: ArrayLike<number>,
  classes: number,
): ClassificationReport {
  if (predicted.length !== expected.length || expected.length === 0) {
    throw new RangeError(
      `classificationReport: predicted: expected as many classes as examples, at least one, got ${predicted.length} for ${expected.length}.`,
    );
  }
  const counts = Array.from({ length: classes }, () => ({ right: 0, predicted: 0, support: 0 }));
  let right = 0;
  for (let i = 0; i < expected.length; i++) {
    const [guess, truth] = [countsOf(counts, predicted[i]!), countsOf(counts, expected[i]!)];
    guess.predicted += 1;
    truth.support += 1;
    if (guess !== truth) continue;
    truth.right += 1;
    right += 1;
  }
  const scores = counts.map((count) => ({
    ...precisionRecallF1(count.right, count.predicted, count.support),
    support: count.support,
  }));
  return {
    accuracy: right / expected.length,
    macroF1: scores.reduce((sum, { f1 }) => sum + f1, 0) / classes,
    classes: scores,
  };
}

function countsOf<T>(counts: readonly T[], index: number): T {
  const found = counts[index];
  if (found !== undefined) return found;
  throw new RangeError(
    `classificationReport: classes: expected every class below ${counts.length}, got ${index}.`,
  );
}

/** Each 0 where nothing was predicted, or nothing was there. */
export function precisionRecallF1(right: number, predicted: number, expected: number) {
  const precision = predicted === 0 ? 0 : right / predicted;
  const recall = expected === 0 ? 0 : right / expected;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { precision, recall, f1 };
}
