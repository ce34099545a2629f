// What a grammar is made of, whether it was written as a regular expression, as rules or as a JSON schema.
import { GenerationError } from '../errors.ts';

/** Inclusive code points. */
export type CodePointRange = readonly [from: number, to: number];

export type Expression =
  | { readonly type: 'text'; readonly text: string }
  /** One character of these ranges; surrogates are never among them. */
  | { readonly type: 'characters'; readonly ranges: readonly CodePointRange[] }
  | { readonly type: 'sequence'; readonly items: readonly Expression[] }
  | { readonly type: 'choice'; readonly options: readonly Expression[] }
  | {
      readonly type: 'repeat';
      readonly item: Expression;
      readonly min: number;
      /** Infinity for no end. */
      readonly max: number;
    }
  | { readonly type: 'rule'; readonly name: string };

/** Named expressions that may refer to each other, and the one that a whole text must match. */
export interface Grammar {
  readonly rules: ReadonlyMap<string, Expression>;
  readonly root: string;
}

export const text = (content: string): Expression => ({ type: 'text', text: content });
export const characters = (...ranges: CodePointRange[]): Expression => ({
  type: 'characters',
  ranges,
});
export const sequence = (...items: Expression[]): Expression =>
  items.length === 1 ? items[0]! : { type: 'sequence', items };
export const choice = (...options: Expression[]): Expression =>
  options.length === 1 ? options[0]! : { type: 'choice', options };
export const repeat = (item: Expression, min: number, max: number): Expression => ({
  type: 'repeat',
  item,
  min,
  max,
});
export const optional = (item: Expression): Expression => repeat(item, 0, 1);
export const rule = (name: string): Expression => ({ type: 'rule', name });

const LAST_CODE_POINT = 0x10ffff;

/** All characters but these. */
export function complement(ranges: readonly CodePointRange[]): CodePointRange[] {
  const result: CodePointRange[] = [];
  let from = 0;
  for (const [start, end] of ranges.toSorted(([a], [b]) => a - b)) {
    if (start > from) result.push([from, start - 1]);
    from = Math.max(from, end + 1);
  }
  if (from <= LAST_CODE_POINT) result.push([from, LAST_CODE_POINT]);
  return result;
}

/** An error in what the user wrote: where, what was expected, what is there. */
export class GrammarError extends GenerationError {
  override name = 'GrammarError';
}
