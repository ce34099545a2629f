// Prompts to answer, with the columns that reward functions ask for.
import { DataError } from '../errors.ts';
import { parsePromptRow } from './rows.ts';
import type { Text } from './rows.ts';
import { tokenizePrompt } from './tokenize-completion.ts';
import type { TextTokenizer } from './tokenizer.ts';

/** A row of a prompt-only data set. */
export interface PromptRow {
  readonly prompt: Text;
  /** Every other column. */
  readonly columns: Readonly<Record<string, unknown>>;
}

export interface PromptExample extends PromptRow {
  readonly promptIds: readonly number[];
}

export interface PromptReport {
  readonly rows: number;
  readonly examples: number;
  /** Empty, or longer than maxLength. */
  readonly dropped: number;
}

/** Reads one row. @param where names it in errors */
export function parsePromptColumns(row: unknown, where: string): PromptRow {
  const prompt = parsePromptRow(row, where);
  const { prompt: _, ...columns } = row as Readonly<Record<string, unknown>>;
  return { prompt, columns };
}

/** Tokenises prompts and drops those that are empty or too long. @throws DataError when none is left */
export function tokenizePrompts(
  rows: readonly PromptRow[],
  tokenizer: TextTokenizer,
  options: { maxLength?: number } = {},
): { examples: PromptExample[]; report: PromptReport } {
  const { maxLength = Infinity } = options;
  const all = rows.map((row) => ({ ...row, promptIds: tokenizePrompt(tokenizer, row.prompt) }));
  const examples = all.filter(
    ({ promptIds }) => promptIds.length > 0 && promptIds.length <= maxLength,
  );
  if (examples.length === 0) {
    throw new DataError(
      `tokenizePrompts: rows: expected a prompt of 1 to ${maxLength} tokens, got none in ${rows.length} rows. ` +
        'Raise maxLength or shorten the prompts.',
    );
  }
  const counts = { rows: rows.length, examples: examples.length };
  return { examples, report: { ...counts, dropped: rows.length - examples.length } };
}

/** Prompts that are only ids, for a model without a tokenizer. */
export function promptsOf(prompts: readonly (readonly number[])[]): PromptExample[] {
  return prompts.map((promptIds) => ({ prompt: promptIds.join(' '), columns: {}, promptIds }));
}
