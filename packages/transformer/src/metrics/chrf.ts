// chrF (Popović 2015): F-score of character n-grams, which judges translations also into languages that
// write without spaces. As sacreBLEU computes it: orders 1 to 6, β = 2, spaces left out, counts of the
// whole corpus.

const ORDERS = 6;
const BETA_SQUARED = 4; // recall weighs twice as much as precision

interface Counts {
  matched: number;
  predicted: number;
  expected: number;
}

/** @param predicted, expected a text each @returns 0 … 100 */
export function chrf(predicted: readonly string[], expected: readonly string[]): number {
  if (predicted.length !== expected.length || expected.length === 0) {
    throw new RangeError(
      `chrf: predicted: expected as many texts as references, at least one, got ${predicted.length} for ${expected.length}.`,
    );
  }
  const totals = Array.from({ length: ORDERS }, () => ({ matched: 0, predicted: 0, expected: 0 }));
  for (const [i, text] of expected.entries()) {
    for (const [n, total] of totals.entries()) count(predicted[i]!, text, n + 1, total);
  }
  return 100 * score(totals);
}

function count(predicted: string, expected: string, order: number, total: Counts): void {
  const [ours, theirs] = [ngrams(predicted, order), ngrams(expected, order)];
  for (const [gram, times] of ours) {
    total.predicted += times;
    total.matched += Math.min(times, theirs.get(gram) ?? 0);
  }
  for (const times of theirs.values()) total.expected += times;
}

function ngrams(text: string, order: number): Map<string, number> {
  const characters = Array.from(text.replace(/\s/gu, ''));
  const found = new Map<string, number>();
  for (let end = order; end <= characters.length; end++) {
    const gram = characters.slice(end - order, end).join('');
    found.set(gram, (found.get(gram) ?? 0) + 1);
  }
  return found;
}

/** F of the mean precision and the mean recall, over the orders that both sides are long enough for. */
function score(totals: readonly Counts[]): number {
  const used = totals.filter(({ predicted, expected }) => predicted > 0 && expected > 0);
  if (used.length === 0) return 0;
  const mean = (of: (counts: Counts) => number) =>
    used.reduce((sum, counts) => sum + of(counts), 0) / used.length;
  const precision = mean(({ matched, predicted }) => matched / predicted);
  const recall = mean(({ matched, expected }) => matched / expected);
  if (precision + recall === 0) return 0;
  return ((1 + BETA_SQUARED) * precision * recall) / (BETA_SQUARED * precision + recall);
}
