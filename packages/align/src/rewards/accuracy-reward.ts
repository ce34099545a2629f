// Whether the answer is right, against the data's `solution` column (TRL's accuracy_reward).
//
// TRL asks math-verify, a Python library that compares LaTeX by algebra. Here the answers are compared as numbers
// where both are numbers (integers, decimals with thousands separators, fractions, percentages), else as texts
// without blanks. Write a reward function of your own for what needs algebra.
import type { CompletionReward } from './completion-reward.ts';

export interface AccuracyOptions {
  /** Column with the right answer. @default 'solution' */
  column?: string;
  /** Only what follows the last of these in a completion counts. @default none */
  reasoningDelimiters?: readonly string[];
}

/** 1 for the right answer, 0 for another; null for a row without one. The answer is what stands in the last
 *  `\boxed{…}`, else on the line after the last `####`, "answer is" or "answer:", else the last number, or for a
 *  solution that is no number the whole text.
 *  With reasoningDelimiters (TRL: `</think>`), a completion without one has no answer. */
export function accuracyReward(options: AccuracyOptions = {}): CompletionReward {
  const { column = 'solution', reasoningDelimiters } = options;
  return function accuracy_reward({ completions, columns }) {
    return completions.map((text, i) => {
      const solution = columns[column]?.[i];
      if (typeof solution !== 'string' && typeof solution !== 'number') return null;
      const answer = reasoningDelimiters ? afterReasoning(text, reasoningDelimiters) : text;
      if (answer === undefined) return 0;
      return isRight(answer, String(solution)) ? 1 : 0;
    });
  };
}

function afterReasoning(text: string, delimiters: readonly string[]): string | undefined {
  const ends = delimiters.map((delimiter) => {
    const start = text.lastIndexOf(delimiter);
    return start < 0 ? -1 : start + delimiter.length;
  });
  const end = Math.max(...ends);
  return end < 0 ? undefined : text.slice(end);
}

const NUMBER = /-?\d[\d,]*(?:\.\d+)?(?:\s*\/\s*\d+)?%?/g;

/** Whether a completion ends in the answer that a solution ends in. */
function isRight(completion: string, solution: string): boolean {
  const gold = statedAnswer(solution) ?? lineOf(solution);
  const stated = statedAnswer(completion);
  if (numberOf(gold) === undefined) return isSameAnswer(stated ?? lineOf(completion), gold);
  const answer = stated ?? completion.match(NUMBER)?.at(-1) ?? '';
  return isSameAnswer(
    numberOf(answer) === undefined ? (answer.match(NUMBER)?.[0] ?? '') : answer,
    gold,
  );
}

/** What a text itself marks as its answer: the last \boxed{…}, else what follows the last marker on its line. */
export function statedAnswer(text: string): string | undefined {
  const marked = /.*(?:####|answer\s+is|answer\s*:)[ \t]*:?[ \t]*([^\n]+)/is.exec(text)?.[1];
  return lastBoxed(text) ?? (marked === undefined ? undefined : lineOf(marked));
}

const lineOf = (text: string): string => text.trim().replace(/[.!]$/, '');

/** What stands in the last \boxed{…}, braces matched. */
function lastBoxed(text: string): string | undefined {
  const start = text.lastIndexOf('\\boxed{');
  if (start < 0) return undefined;
  const first = start + '\\boxed{'.length;
  let depth = 1;
  for (let i = first; i < text.length; i++) {
    if (text[i] === '{') depth += 1;
    else if (text[i] === '}') depth -= 1;
    if (depth === 0) return text.slice(first, i);
  }
  return undefined;
}

/** Equal as numbers (to 1e-9 of their size), else as texts without blanks, case aside. */
export function isSameAnswer(a: string, b: string): boolean {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) {
    return Math.abs(x - y) <= 1e-9 * Math.max(1, Math.abs(x), Math.abs(y));
  }
  return plain(a) === plain(b);
}

const plain = (text: string): string => text.replace(/[\s$]|\\[,;!]/g, '').toLowerCase();

function numberOf(text: string): number | undefined {
  const bare = plain(text).replace(/(\d),(?=\d{3}\b)/g, '$1');
  const fraction =
    /^(-?)\\[dt]?frac\{(\d+)\}\{(\d+)\}$/.exec(bare) ?? /^(-?)(\d+)\/(\d+)$/.exec(bare);
  if (fraction) return (fraction[1] === '-' ? -1 : 1) * (Number(fraction[2]) / Number(fraction[3]));
  const decimal = /^(-?\d*\.?\d+)(\\?%)?$/.exec(bare);
  return decimal ? Number(decimal[1]) / (decimal[2] ? 100 : 1) : undefined;
}
