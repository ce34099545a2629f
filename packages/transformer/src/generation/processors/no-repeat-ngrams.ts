// No sequence of n tokens twice (Paulus et al. 2017).
import { forbid, type LogitsProcessor } from './processor.ts';

/** Forbids tokens that would complete a run of n tokens which prompt or output already has. */
export function noRepeatNgrams(size: number): LogitsProcessor {
  return (scores, { tokens }) => forbid(scores, followers(tokens, tokens, size));
}

/** Forbids tokens that would complete a run of n tokens of the source. */
export function noRepeatSourceNgrams(size: number): LogitsProcessor {
  return (scores, { tokens, sourceTokens }) => {
    if (tokens.length + 1 >= size) forbid(scores, followers(sourceTokens, tokens, size));
  };
}

/** What follows in `text` wherever the last size − 1 of `written` stand. */
function followers(text: readonly number[], written: readonly number[], size: number): number[] {
  const prefix = size === 1 ? [] : written.slice(1 - size);
  if (prefix.length < size - 1) return [];
  const found: number[] = [];
  for (let start = 0; start + size <= text.length; start++) {
    if (prefix.every((token, i) => text[start + i] === token)) found.push(text[start + size - 1]!);
  }
  return found;
}
