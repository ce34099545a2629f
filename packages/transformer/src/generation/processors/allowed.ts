// Rules from outside: what a caller's function allows, and numbers that are none.
import { logSumExp } from '../filters.ts';
import { allowOnly, type LogitsProcessor, type RowContext } from './processor.ts';

/** Only the tokens that the function returns for this row; none at all is an error of the caller's. */
export function onlyAllowed(
  allowedTokens: (row: RowContext) => Iterable<number>,
  fail: () => never,
): LogitsProcessor {
  return (scores, row) => {
    const allowed = Array.from(allowedTokens(row));
    if (allowed.length === 0) fail();
    allowOnly(scores, allowed);
  };
}

const LARGEST = 3.4028234663852886e38; // of float32

/** NaN becomes 0, infinities the largest finite numbers, so that a broken model still writes. */
export const removeInvalidValues: LogitsProcessor = (scores) => {
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i]!;
    if (Number.isNaN(score)) scores[i] = 0;
    else if (score === Infinity) scores[i] = LARGEST;
    else if (score === -Infinity) scores[i] = -LARGEST;
  }
};

/** log softmax, so that probabilities after all filters sum to 1. */
export const renormalise: LogitsProcessor = (scores) => {
  const shift = logSumExp(scores);
  for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! - shift;
};
