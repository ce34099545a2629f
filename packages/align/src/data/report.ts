// What tokenising a data set did to it. Nothing is cut or dropped without being counted here.
import { DataError } from '../errors.ts';

export interface DataReport {
  /** Rows read. */
  rows: number;
  /** Rows kept. */
  examples: number;
  /** Rows cut to `maxLength`. */
  truncated: number;
  /** Rows left out because no token of theirs would be trained. */
  dropped: number;
  /** Rows whose tokenised prompt is not a prefix of the tokenised prompt + completion (a token spans both). */
  boundaryMoved: number;
  /** Tokens kept, and how many of those count in the loss. */
  tokens: number;
  trainedTokens: number;
}

export function emptyReport(): DataReport {
  return {
    rows: 0,
    examples: 0,
    truncated: 0,
    dropped: 0,
    boundaryMoved: 0,
    tokens: 0,
    trainedTokens: 0,
  };
}

/** Throws when a data set would train nothing. */
export function requireTrainedTokens(op: string, report: DataReport, maxLength: number): void {
  if (report.trainedTokens > 0) return;
  const why =
    report.rows === 0
      ? 'there are no rows'
      : `the prompts of all ${report.rows} rows fill maxLength ${maxLength} or their completions are empty`;
  throw new DataError(
    `${op}: data: expected at least one trained token, got 0: ${why}. Raise maxLength or fix the data.`,
  );
}
