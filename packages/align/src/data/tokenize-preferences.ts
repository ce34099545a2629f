// Preference rows → one shared prompt and two completions, in ids.
import { emptyReport, requireTrainedTokens } from './report.ts';
import type { DataReport } from './report.ts';
import type { Preference } from './rows.ts';
import { tokenizeSharedPrompt } from './shared-prompt.ts';
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
  for (const { prompt, chosen, rejected, margin } of rows) {
    const answers = { prompt, answers: [chosen, rejected] };
    const ids = tokenizeSharedPrompt(tokenizer, answers, report, { maxLength, tooLong });
    if (!ids) continue;
    const [chosenIds, rejectedIds] = ids.answerIds as [number[], number[]];
    const { promptIds } = ids;
    examples.push({ promptIds, chosenIds, rejectedIds, ...(margin !== undefined && { margin }) });
  }
  requireTrainedTokens('preferences', report, maxLength);
  return { examples, report };
}
