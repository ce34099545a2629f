// Several answers to one prompt → ids of the prompt and of each answer.
import type { DataReport } from './report.ts';
import type { Text } from './rows.ts';
import { tokenizeCompletion } from './tokenize-completion.ts';
import type { TextTokenizer } from './tokenizer.ts';

export interface SharedPromptOptions {
  readonly maxLength: number;
  /** What to do when one of the answers is too long. */
  readonly tooLong: 'cut' | 'drop';
}

export interface SharedPrompt {
  readonly promptIds: readonly number[];
  /** In the order of the answers. */
  readonly answerIds: readonly (readonly number[])[];
}

/** All answers start at the same index: the nearest place where the tokenised prompt diverges from one of them.
 *  Counts the row in `report`. @returns undefined for a row that is dropped: its prompt alone fills maxLength, an answer
 *  is empty, or it is too long */
export function tokenizeSharedPrompt(
  tokenizer: TextTokenizer,
  { prompt, answers }: { readonly prompt: Text; readonly answers: readonly Text[] },
  report: DataReport,
  { maxLength, tooLong }: SharedPromptOptions,
): SharedPrompt | undefined {
  report.rows += 1;
  const whole = answers.map((answer) => tokenizeCompletion(tokenizer, prompt, answer));
  const start = Math.min(...whole.map(({ completionStart }) => completionStart));
  const longest = Math.max(...whole.map(({ inputIds }) => inputIds.length));
  if (whole.some(({ boundaryMoved }) => boundaryMoved)) report.boundaryMoved += 1;
  const isEmpty = whole.some(({ inputIds }) => inputIds.length === 0);
  if (isEmpty || start >= maxLength || (longest > maxLength && tooLong === 'drop')) {
    report.dropped += 1;
    return undefined;
  }
  if (longest > maxLength) report.truncated += 1;
  const answerIds = whole.map(({ inputIds }) => inputIds.slice(start, maxLength));
  const trained = answerIds.reduce((sum, ids) => sum + ids.length, 0);
  report.tokens += answers.length * start + trained;
  report.trainedTokens += trained;
  report.examples += 1;
  return { promptIds: whole[0]!.inputIds.slice(0, start), answerIds };
}
