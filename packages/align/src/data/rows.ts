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
import { asColumns, asMessages, names, number, sameKind, string, text } from './columns.ts';
import type { Text } from './columns.ts';
import type { ChatMessage } from './tokenizer.ts';

export type { Text };

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

function fromShareGpt(turns: unknown): unknown {
  if (!Array.isArray(turns)) return turns;
  const roles: Readonly<Record<string, string>> = { human: 'user', gpt: 'assistant' };
  return turns.map((turn: unknown) => {
    const { from, value } = (turn ?? {}) as { from?: unknown; value?: unknown };
    return { role: typeof from === 'string' ? (roles[from] ?? from) : from, content: value };
  });
}
