// Pairs with a third, best answer to learn from: what TPO trains on.
import { asColumns, text } from './columns.ts';
import { emptyReport, requireTrainedTokens } from './report.ts';
import type { DataReport } from './report.ts';
import { parsePreferenceRow } from './rows.ts';
import type { Preference, Text } from './rows.ts';
import { tokenizeSharedPrompt } from './shared-prompt.ts';
import type { PreferenceExample } from './tokenize-preferences.ts';
import type { TokenizeOptions } from './tokenize-sft.ts';
import type { TextTokenizer } from './tokenizer.ts';

export interface Triple extends Omit<Preference, 'margin'> {
  /** The answer to imitate, better than both or as good as `chosen`. */
  readonly reference: Text;
}

export interface TripleExample extends PreferenceExample {
  readonly referenceIds: readonly number[];
}

/** Reads one row with the columns `prompt`, `chosen`, `rejected` and `reference`. */
export function parseTripleRow(row: unknown, where: string): Triple {
  const columns = asColumns(row, where);
  const prompt = text(columns, 'prompt', where); // without one, the answers' common start would leave the reference out
  const { chosen, rejected } = parsePreferenceRow({ ...columns, prompt }, where);
  return { prompt, chosen, rejected, reference: text(columns, 'reference', where) };
}

/** Tokenises triples as tokenizePreferences does pairs; longer answers are cut.
 *  @throws DataError when none is left */
export function tokenizeTriples(
  rows: Iterable<Triple>,
  tokenizer: TextTokenizer,
  options: TokenizeOptions = {},
): { examples: TripleExample[]; report: DataReport } {
  const { maxLength = 1024 } = options;
  const examples: TripleExample[] = [];
  const report = emptyReport();
  for (const { prompt, chosen, rejected, reference } of rows) {
    const answers = { prompt, answers: [chosen, rejected, reference] };
    const ids = tokenizeSharedPrompt(tokenizer, answers, report, { maxLength, tooLong: 'cut' });
    if (!ids) continue;
    const [chosenIds, rejectedIds, referenceIds] = ids.answerIds as [number[], number[], number[]];
    examples.push({ promptIds: ids.promptIds, chosenIds, rejectedIds, referenceIds });
  }
  requireTrainedTokens('triples', report, maxLength);
  return { examples, report };
}
