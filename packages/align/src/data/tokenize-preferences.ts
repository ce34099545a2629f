// Preference rows → one shared prompt and two completions, in ids.
import { emptyReport, requireTrainedTokens } from './report.ts';
import type { DataReport } from './report.ts';
import type { Preference } from './rows.ts';
import { tokenizeCompletion } from './tokenize-completion.ts';
import type { TokenizeOptions } from './tokenize-sft.ts';
import type { TextTokenizer } from './tokenizer.ts';

export interface PreferenceExample {
  readonly promptIds: readonly number[];
  readonly chosenIds: readonly number[];
  readonly rejectedIds: readonly number[];
  readonly margin?: number;
}

export interface TokenizePreferenceOptions extends TokenizeOptions {
  /** What to do with a pair of which one side is longer: cut it (DPO), or drop the pair (a reward model reads the
   *  last token, so a cut answer would be judged as if it were whole). @default 'cut' */
  tooLong?: 'cut' | 'drop';
}

/** Tokenises pairs. Both completions start at the same index: the nearer of the two places where the tokenised
 *  prompt diverges. A pair is dropped when its prompt alone fills `maxLength`.
 *  @throws DataError when no pair is left */
export function tokenizePreferences(
  rows: Iterable<Preference>,
  tokenizer: TextTokenizer,
  options: TokenizePreferenceOptions = {},
): { examples: PreferenceExample[]; report: DataReport } {
  const { maxLength = 1024, tooLong = 'cut' } = options;
  const examples: PreferenceExample[] = [];
  const report = emptyReport();
  for (const row of rows) {
    report.rows += 1;
    const chosen = tokenizeCompletion(tokenizer, row.prompt, row.chosen);
    const rejected = tokenizeCompletion(tokenizer, row.prompt, row.rejected);
    const start = Math.min(chosen.completionStart, rejected.completionStart);
    const longest = Math.max(chosen.inputIds.length, rejected.inputIds.length);
    if (chosen.boundaryMoved || rejected.boundaryMoved) report.boundaryMoved += 1;
    const isEmpty = chosen.inputIds.length === 0 || rejected.inputIds.length === 0;
    if (isEmpty || start >= maxLength || (longest > maxLength && tooLong === 'drop')) {
      report.dropped += 1;
      continue;
    }
    if (longest > maxLength) report.truncated += 1;
    const chosenIds = chosen.inputIds.slice(start, maxLength);
    const rejectedIds = rejected.inputIds.slice(start, maxLength);
    const margin = row.margin === undefined ? {} : { margin: row.margin };
    examples.push({
      promptIds: chosen.inputIds.slice(0, start),
      chosenIds,
      rejectedIds,
      ...margin,
    });
    report.tokens += 2 * start + chosenIds.length + rejectedIds.length;
    report.trainedTokens += chosenIds.length + rejectedIds.length;
  }
  report.examples = examples.length;
  requireTrainedTokens('preferences', report, maxLength);
  return { examples, report };
}
