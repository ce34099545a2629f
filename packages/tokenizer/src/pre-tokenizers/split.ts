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

interface Span {
  readonly start: number;
  readonly end: number;
  readonly isMatch: boolean;
}

/** `pattern` must be global. With `invert` the matches are the pieces and what lies between is the delimiter. */
export function splitBy(
  text: string,
  pattern: RegExp,
  behavior: SplitBehavior,
  invert = false,
): string[] {
  const spans = findSpans(text, pattern, invert);
  return join(spans, behavior).map((span) => text.slice(span.start, span.end));
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
