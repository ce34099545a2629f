// Answers judged one by one: a thumb up or down, without a partner to compare with.
import { asColumns, boolean, sameKind, text } from './columns.ts';
import type { Text } from './columns.ts';
import type { Preference } from './rows.ts';

export interface UnpairedPreference {
  readonly prompt: Text;
  readonly completion: Text;
  /** true: such answers are wanted. */
  readonly label: boolean;
}

/** Reads one row with the columns `prompt`, `completion` and `label`. */
export function parseUnpairedRow(row: unknown, where: string): UnpairedPreference {
  const columns = asColumns(row, where);
  const texts = {
    prompt: text(columns, 'prompt', where),
    completion: text(columns, 'completion', where),
  };
  return { ...sameKind(texts, where), label: boolean(columns, 'label', where) };
}

/** Two rows of each pair: all chosen answers, then all rejected ones (TRL's unpair_preference_dataset), so that no
 *  answer stands beside another one to the same prompt. */
export function unpairPreferences(rows: readonly Preference[]): UnpairedPreference[] {
  return [
    ...rows.map(({ prompt, chosen }) => ({ prompt, completion: chosen, label: true })),
    ...rows.map(({ prompt, rejected }) => ({ prompt, completion: rejected, label: false })),
  ];
}
