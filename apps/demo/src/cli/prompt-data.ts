// Prompts that a model answers in training: those that fit, and a word on those that do not.
import { tokenizePrompts } from '@llm/align';
import type { PromptExample, PromptReport, PromptRow } from '@llm/align';
import type { Tokenizer } from '@llm/tokenizer';
import type { CausalLm } from '@llm/transformer';
import { contextLength } from '../models/context-length.ts';
import type { Output } from './output.ts';

interface Limits {
  readonly 'max-length': number;
  readonly 'max-new-tokens': number;
}

/** --max-length, or what the model's context leaves beside an answer where that is less. */
export function promptLimit(values: Limits, model: CausalLm): number {
  const room = contextLength(model) - values['max-new-tokens'];
  if (room >= 1) return Math.min(values['max-length'], room);
  throw new Error(
    `--max-new-tokens: expected less than the model's context of ${contextLength(model)} tokens, got ${values['max-new-tokens']}. Lower it.`,
  );
}

export interface FittingPrompts {
  readonly examples: PromptExample[];
  /** With the longest prompt allowed, in tokens. */
  readonly report: PromptReport & { readonly prompts: number; readonly longest: number };
}

export function fittingPrompts(
  rows: readonly PromptRow[],
  tokenizer: Tokenizer,
  longest: number,
): FittingPrompts {
  try {
    const { examples, report } = tokenizePrompts(rows, tokenizer, { maxLength: longest });
    return { examples, report: { ...report, prompts: report.examples, longest } };
  } catch (error) {
    if ((error as Error).name !== 'DataError') throw error;
    throw new Error(
      `--data: expected a prompt of 1 to ${longest} tokens, got none in ${rows.length} rows. Raise --max-length, lower --max-new-tokens or shorten the prompts.`,
      { cause: error },
    );
  }
}

export function notePrompts(output: Output, { report }: FittingPrompts): void {
  const { rows, prompts, dropped, longest } = report;
  const left = dropped > 0 ? `, ${dropped} dropped: empty, or longer than ${longest} tokens` : '';
  output.note(`${prompts} prompts of ${rows} rows${left}`);
}
