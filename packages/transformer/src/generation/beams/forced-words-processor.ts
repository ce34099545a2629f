// Forced words whichever way tokens are chosen: a text does not end before they are written, and once
// there is only just room for them nothing else is.
import type { CheckedOptions } from '../options.ts';
import { allowOnly, forbid, newTokensOf, type LogitsProcessor } from '../processors/processor.ts';
import { forcedProgress } from './forced-words.ts';

export function forcedWordsProcessor(options: CheckedOptions): LogitsProcessor[] {
  const { forceWords = [], stopTokens, maxNewTokens } = options;
  if (forceWords.length === 0) return [];
  return [
    (scores, row) => {
      const { missing, next } = forcedProgress(forceWords, row.tokens.slice(row.promptLength));
      if (missing === 0) return;
      const room = maxNewTokens - newTokensOf(row);
      if (room <= missing) allowOnly(scores, next);
      else forbid(scores, stopTokens);
    },
  ];
}
