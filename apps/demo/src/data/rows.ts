// Rows of .jsonl files as @llm/align reads them; an error names file and row.
import {
  parsePreferenceRow,
  parsePromptColumns,
  parsePromptRow,
  parseSftRow,
  parseTripleRow,
  parseUnpairedRow,
  unpairPreferences,
} from '@llm/align';
import type { Preference, PromptRow, SftRow, Text, Triple, UnpairedPreference } from '@llm/align';
import { readJsonLines } from './text-files.ts';

async function readRows<Row>(
  paths: readonly string[],
  parse: (row: unknown, where: string) => Row,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const path of paths) {
    let number = 0;
    for await (const row of readJsonLines(path)) {
      number += 1;
      rows.push(parse(row, `${path}: row ${number}`));
    }
  }
  return rows;
}

/** `messages`, `prompt`/`completion` or `instruction`/`output`. */
export const readSftRows = (paths: readonly string[]): Promise<SftRow[]> =>
  readRows(paths, (row, where) => parseSftRow(row, where));

/** `prompt`/`chosen`/`rejected`, or `chosen`/`rejected` alone. */
export const readPreferences = (paths: readonly string[]): Promise<Preference[]> =>
  readRows(paths, parsePreferenceRow);

/** `prompt`. */
export const readPrompts = (paths: readonly string[]): Promise<Text[]> =>
  readRows(paths, parsePromptRow);

/** `prompt`/`completion`/`label`; of rows with `chosen` and `rejected` each answer becomes one, chosen ones first. */
export async function readUnpaired(paths: readonly string[]): Promise<UnpairedPreference[]> {
  const rows = await readRows<UnpairedPreference | Preference>(paths, (row, where) =>
    'chosen' in (row as object) ? parsePreferenceRow(row, where) : parseUnpairedRow(row, where),
  );
  const isPair = (row: UnpairedPreference | Preference): row is Preference => 'chosen' in row;
  const judged = rows.filter((row): row is UnpairedPreference => !isPair(row));
  return [...judged, ...unpairPreferences(rows.filter(isPair))];
}
/** `prompt`, and whatever columns reward functions ask for. */
export const readPromptRows = (paths: readonly string[]): Promise<PromptRow[]> =>
  readRows(paths, parsePromptColumns);

/** `prompt`/`chosen`/`rejected`/`reference`. */
export const readTriples = (paths: readonly string[]): Promise<Triple[]> =>
  readRows(paths, parseTripleRow);
