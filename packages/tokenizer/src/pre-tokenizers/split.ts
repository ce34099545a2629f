/** The Split pre-tokenizer: cuts text at the matches of a pattern, which then go where `behavior` says. */
import { formatError } from '../io/json-fields.ts';

export type SplitBehavior =
  'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

const BEHAVIORS: readonly SplitBehavior[] = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
];

export function parseBehavior(value: unknown, path: string): SplitBehavior {
  const behavior = BEHAVIORS.find((name) => name === value);
  if (behavior === undefined) throw formatError(path, `one of ${BEHAVIORS.join(', ')}`, value);
  return behavior;
}

/** A stretch of text, and whether it is a match of the pattern. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly isMatch: boolean;
}

/** Where a text is cut: the pieces, in order. What lies between them is dropped. */
export type Splitter = (text: string) => readonly PieceSpan[];

export interface PieceSpan {
  readonly start: number;
  readonly end: number;
}

/** `pattern` must be global. With `invert` the matches are the pieces and what lies between is the delimiter. */
export function splitter(pattern: RegExp, behavior: SplitBehavior, invert = false): Splitter {
  return (text) => join(findSpans(text, pattern, invert), behavior);
}

export function splitBy(
  text: string,
  pattern: RegExp,
  behavior: SplitBehavior,
  invert = false,
): string[] {
  return piecesOf(text, splitter(pattern, behavior, invert));
}

export function piecesOf(text: string, split: Splitter): string[] {
  return split(text).map((span) => text.slice(span.start, span.end));
}

/** Cuts each piece of the first splitter with the second. */
export function splitAgain(first: Splitter, second: Splitter): Splitter {
  return (text) =>
    first(text).flatMap(({ start, end }) =>
      second(text.slice(start, end)).map((span) => ({
        start: start + span.start,
        end: start + span.end,
      })),
    );
}

function findSpans(text: string, pattern: RegExp, invert: boolean): Span[] {
  const spans: Span[] = [];
  let done = 0;
  for (const match of text.matchAll(pattern)) {
    const end = match.index + match[0].length;
    if (end === match.index) continue;
    if (match.index > done) spans.push({ start: done, end: match.index, isMatch: invert });
    spans.push({ start: match.index, end, isMatch: !invert });
    done = end;
  }
  if (done < text.length) spans.push({ start: done, end: text.length, isMatch: invert });
  return spans;
}

function join(spans: readonly Span[], behavior: SplitBehavior): readonly Span[] {
  switch (behavior) {
    case 'Removed':
      return spans.filter((span) => !span.isMatch);
    case 'Isolated':
      return spans;
    case 'Contiguous':
      return fuse(spans, (left, right) => left.isMatch === right.isMatch);
    case 'MergedWithPrevious':
      return fuse(spans, (left, right) => !left.isMatch && right.isMatch);
    case 'MergedWithNext':
      return fuse([...spans].reverse(), (right, left) => left.isMatch && !right.isMatch).reverse();
    default:
      return behavior satisfies never;
  }
}

/** Joins neighbours for which `joins` holds; it sees the span as last added, not the whole joined one. */
function fuse(spans: readonly Span[], joins: (previous: Span, span: Span) => boolean): Span[] {
  const result: Span[] = [];
  let previous: Span | undefined;
  for (const span of spans) {
    const last = result.at(-1);
    if (last !== undefined && previous !== undefined && joins(previous, span)) {
      const start = Math.min(last.start, span.start);
      result[result.length - 1] = {
        start,
        end: Math.max(last.end, span.end),
        isMatch: last.isMatch,
      };
    } else result.push(span);
    previous = span;
  }
  return result;
}
