import { DataError } from '../errors.ts';

/** Share of answers equal to the expected text, spaces at both ends aside. @returns 0 … 1 */
export function exactMatch(answers: readonly string[], expected: readonly string[]): number {
  if (answers.length !== expected.length || answers.length === 0) {
    throw new DataError(
      `exactMatch: expected: expected as many texts as answers, at least one, got ${expected.length} for ${answers.length}.`,
    );
  }
  const right = answers.filter((answer, i) => answer.trim() === expected[i]!.trim());
  return right.length / answers.length;
}
