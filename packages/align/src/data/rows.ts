// The rows of TRL's dataset formats, read from parsed JSON.
//
// | columns                                         | used by      | becomes               |
// | `messages` (or ShareGPT's `conversations`)      | SFT          | a conversation        |
// | `prompt`, `completion`                          | SFT          | prompt and completion |
// | `instruction`, `input`?, `output`               | SFT          | prompt and completion |
// | `prompt`?, `chosen`, `rejected`, `margin`?      | reward, DPO  | a preference          |
// | `prompt`                                        | PPO          | a prompt              |
// Texts are strings or lists of {role, content}. Tool calls and images are left out: a row that has them throws.
import { DataError } from '../errors.ts';
import type { ChatMessage } from './tokenizer.ts';

export type Text = string | readonly ChatMessage[];

export interface PromptCompletion {
  readonly prompt: Text;
  readonly completion: Text;
}
export interface Conversation {
  readonly messages: readonly ChatMessage[];
}
export interface Preference {
  readonly prompt: Text;
  readonly chosen: Text;
  readonly rejected: Text;
  /** By how much `chosen` should win; only the reward loss uses it. */
  readonly margin?: number;
}
export type SftRow = PromptCompletion | Conversation;

/** Turns Alpaca's columns into a prompt; the default is the instruction, then the input, a line each. */
export type InstructionFormat = (instruction: string, input: string) => string;

export const plainInstruction: InstructionFormat = (instruction, input) =>
  input === '' ? `${instruction}\n` : `${instruction}\n${input}\n`;

type Columns = Readonly<Record<string, unknown>>;

/** Reads one SFT row. @param where names the row in errors, for example `train.jsonl line 3`. */
export function parseSftRow(
  row: unknown,
  where: string,
  formatInstruction: InstructionFormat = plainInstruction,
): SftRow {
  const columns = asColumns(row, where);
  if ('messages' in columns)
    return { messages: asMessages(columns.messages, `${where}: messages`) };
  if ('conversations' in columns) {
    return { messages: asMessages(fromShareGpt(columns.conversations), `${where}: conversations`) };
  }
  if ('completion' in columns) {
    return sameKind(
      { prompt: text(columns, 'prompt', where), completion: text(columns, 'completion', where) },
      where,
    );
  }
  if ('instruction' in columns) {
    const input = 'input' in columns ? string(columns, 'input', where) : '';
    const prompt = formatInstruction(string(columns, 'instruction', where), input);
    return { prompt, completion: string(columns, 'output', where) };
  }
  throw new DataError(
    `sft: ${where}: expected the columns messages, prompt and completion, or instruction and output, ` +
      `got ${names(columns)}. Rename the columns.`,
  );
}

/** Reads one preference row. Without `prompt`, the prompt is what `chosen` and `rejected` share at the start. */
export function parsePreferenceRow(row: unknown, where: string): Preference {
  const columns = asColumns(row, where);
  const chosen = text(columns, 'chosen', where);
  const rejected = text(columns, 'rejected', where);
  const margin = 'margin' in columns ? { margin: number(columns, 'margin', where) } : {};
  if (!('prompt' in columns)) return { ...splitSharedPrompt(chosen, rejected, where), ...margin };
  return sameKind({ prompt: text(columns, 'prompt', where), chosen, rejected, ...margin }, where);
}

/** Reads one prompt-only row; other columns are ignored. */
export function parsePromptRow(row: unknown, where: string): Text {
  return text(asColumns(row, where), 'prompt', where);
}

/** TRL's rule: the longest common beginning; for strings one character less where it ends in a space. */
function splitSharedPrompt(chosen: Text, rejected: Text, where: string): Preference {
  sameKind({ chosen, rejected }, where);
  let length = 0;
  while (
    length < Math.min(chosen.length, rejected.length) &&
    same(chosen[length], rejected[length])
  ) {
    length += 1;
  }
  if (typeof chosen === 'string' && chosen[length - 1] === ' ') length -= 1;
  return {
    prompt: chosen.slice(0, length),
    chosen: chosen.slice(length),
    rejected: rejected.slice(length),
  };
}

function same(a: string | ChatMessage | undefined, b: string | ChatMessage | undefined): boolean {
  if (typeof a === 'object' && typeof b === 'object') {
    return a.role === b.role && a.content === b.content;
  }
  return a === b;
}

function sameKind<T extends object>(texts: T, where: string): T {
  const kinds = new Set(
    Object.values(texts)
      .filter((value) => typeof value !== 'number')
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

function fromShareGpt(turns: unknown): unknown {
  if (!Array.isArray(turns)) return turns;
  const roles: Readonly<Record<string, string>> = { human: 'user', gpt: 'assistant' };
  return turns.map((turn: unknown) => {
    const { from, value } = (turn ?? {}) as { from?: unknown; value?: unknown };
    return { role: typeof from === 'string' ? (roles[from] ?? from) : from, content: value };
  });
}

function asColumns(row: unknown, where: string): Columns {
  if (typeof row === 'object' && row !== null && !Array.isArray(row)) return row as Columns;
  throw new DataError(
    `data: ${where}: expected an object, got ${describe(row)}. Write one per line.`,
  );
}

function text(columns: Columns, column: string, where: string): Text {
  const value = columns[column];
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return asMessages(value, `${where}: ${column}`);
  throw new DataError(
    `data: ${where}: ${column}: expected a string or a list of messages, got ${describe(value)}. ` +
      `The row has ${names(columns)}.`,
  );
}

function asMessages(value: unknown, where: string): ChatMessage[] {
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

function string(columns: Columns, column: string, where: string): string {
  const value = columns[column];
  if (typeof value === 'string') return value;
  throw new DataError(`data: ${where}: ${column}: expected a string, got ${describe(value)}.`);
}

function number(columns: Columns, column: string, where: string): number {
  const value = columns[column];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new DataError(`data: ${where}: ${column}: expected a number, got ${describe(value)}.`);
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return value === null ? 'null' : typeof value;
}

function names(columns: Columns): string {
  return Object.keys(columns).join(', ') || 'no columns';
}
