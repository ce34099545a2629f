// When a text may, must and should end, and how it must begin.
import { allowOnly, forbid, newTokensOf, type LogitsProcessor } from './processor.ts';

/** Forbids stop tokens while prompt and output together are shorter than `length`. */
export function minLength(length: number, stopTokens: readonly number[]): LogitsProcessor {
  return (scores, { tokens }) => {
    if (tokens.length < length) forbid(scores, stopTokens);
  };
}

/** Forbids stop tokens before `count` new tokens. */
export function minNewTokens(count: number, stopTokens: readonly number[]): LogitsProcessor {
  return (scores, row) => {
    if (newTokensOf(row) < count) forbid(scores, stopTokens);
  };
}

/** The first token after the decoder's start token: how BART and multilingual models name a language. */
export function forcedFirstToken(token: number): LogitsProcessor {
  return (scores, { tokens }) => {
    if (tokens.length === 1) allowOnly(scores, [token], 0);
  };
}

/** The last of `maxNewTokens` is one of `tokens`. */
export function forcedLastToken(tokens: readonly number[], maxNewTokens: number): LogitsProcessor {
  return (scores, row) => {
    if (newTokensOf(row) === maxNewTokens - 1) allowOnly(scores, tokens, 0);
  };
}

/** From `start` new tokens on, ending grows likelier: score + |score| · (factor^steps − 1). */
export function exponentialDecay(
  { start, factor }: { readonly start: number; readonly factor: number },
  stopTokens: readonly number[],
): LogitsProcessor {
  return (scores, row) => {
    const steps = newTokensOf(row) - start;
    if (steps <= 0) return;
    for (const token of stopTokens) {
      const score = scores[token] ?? NaN;
      if (Number.isFinite(score)) scores[token] = score + Math.abs(score) * (factor ** steps - 1);
    }
  };
}

/** These tokens never. */
export function suppressTokens(tokens: readonly number[]): LogitsProcessor {
  return (scores) => forbid(scores, tokens);
}

/** These tokens never first; `skipped` tokens come before the first (a forced one). */
export function suppressFirstTokens(tokens: readonly number[], skipped: number): LogitsProcessor {
  return (scores, row) => {
    if (newTokensOf(row) === skipped) forbid(scores, tokens);
  };
}
