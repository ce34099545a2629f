// Biases on tokens and on runs of tokens.
import type { LogitsProcessor } from './processor.ts';

/** A bias is added to the last token of `tokens` when those before it have just been written. */
export interface SequenceBias {
  readonly tokens: readonly number[];
  readonly bias: number;
}

/** Adds the biases of all sequences that the next token would complete. */
export function sequenceBias(biases: readonly SequenceBias[]): LogitsProcessor {
  return (scores, row) => {
    for (const { tokens, bias } of biases) {
      const last = tokens.at(-1)!;
      if (last < scores.length && endsWith(row.tokens, tokens, tokens.length - 1))
        scores[last]! += bias;
    }
  };
}

/** Forbids the last token of each word when the others have been written. A word that is one stop token
 *  is left alone, as in Transformers. */
export function badWords(
  words: readonly (readonly number[])[],
  stopTokens: readonly number[],
): LogitsProcessor {
  const kept = words.filter(([first, ...rest]) => rest.length > 0 || !stopTokens.includes(first!));
  return sequenceBias(kept.map((tokens) => ({ tokens, bias: -Infinity })));
}

/** Whether `text` ends with the first `length` of `part`. */
function endsWith(text: readonly number[], part: readonly number[], length: number): boolean {
  if (length > text.length) return false;
  for (let i = 0; i < length; i++) if (text[text.length - length + i] !== part[i]) return false;
  return true;
}
