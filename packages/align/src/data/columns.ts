// The columns of a parsed row, each checked where it is read; errors name the row and the column.
import { DataError } from '../errors.ts';
import type { ChatMessage } from './tokenizer.ts';

export type Text = string | readonly ChatMessage[];

export type Columns = Readonly<Record<string, unknown>>;

/** The same texts, if all are strings or all are messages. */
export function sameKind<T extends object>(texts: T, where: string): T {
  const kinds = new Set(
    Object.values(texts)
      .filter((value) => typeof value === 'string' || Array.isArray(value))
      .map((value) => typeof value),
  );
  if (kinds.size > 1) {
    throw new DataError(
      `data: ${where}: expected all texts to be strings or all to be messages, got both. ` +
        `Write ${Object.keys(texts).join(', ')} in one form.`,
    );
  }
  return texts;
}

export function asColumns(row: unknown, where: string): Columns {
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Columns;
  throw new DataError(
    `data: ${where}: expected an object, got ${describe(row)}. Write one per line.`,
  );
}

/** A string or messages. */
export function text(columns: Columns, column: string, where: string): Text {
  const value = columns[column];
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return asMessages(value, `${where}: ${column}`);
  throw new DataError(
    `data: ${where}: ${column}: expected a string or a list of messages, got ${describe(value)}. ` +
      `The row has ${names(columns)}.`,
  );
}

export function asMessages(value: unknown, where: string): ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw new DataError(
      `data: ${where}: expected a list of messages, got ${describe(value)}. Write [{"role": …, "content": …}].`,
    );
  }
  return value.map((message: unknown, i) => {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    if (typeof role === 'string' && typeof content === 'string') return { role, content };
    throw new DataError(
      `data: ${where}: message ${i}: expected a role and a content that are strings, ` +
        `got ${describe(role)} and ${describe(content)}. Tool calls and images are not supported.`,
    );
  });
}

export function string(columns: Columns, column: string, where: string): string {
  const value = columns[column];
  if (typeof value === 'string') return value;
  throw new DataError(`data: ${where}: ${column}: expected a string, got ${describe(value)}.`);
}

export function number(columns: Columns, column: string, where: string): number {
  const value = columns[column];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new DataError(`data: ${where}: ${column}: expected a number, got ${describe(value)}.`);
}

/** true or false, or 1 or 0. */
export function boolean(columns: Columns, column: string, where: string): boolean {
  const value = columns[column];
  if (typeof value === 'boolean') return value;
  if (value === 0 || value === 1) return value === 1;
  throw new DataError(
    `data: ${where}: ${column}: expected true or false, got ${describe(value)}. ` +
      `The row has ${names(columns)}.`,
  );
}

export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? 'null' : typeof value;
}

export function names(columns: Columns): string {
  return Object.keys(columns).join(', ') || 'no columns';
}
