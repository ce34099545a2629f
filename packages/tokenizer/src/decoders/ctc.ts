/** CTC, for speech models (Graves et al. 2006): repeats count once, the blank token vanishes, a delimiter parts words. */
import { cleanUp } from './word-piece.ts';

export interface CtcOptions {
  readonly padToken: string;
  readonly wordDelimiter: string;
  readonly cleanup: boolean;
}

export function ctcDecoder(options: CtcOptions): (tokens: string[]) => string[] {
  const { padToken, wordDelimiter, cleanup } = options;
  return (tokens) =>
    tokens
      .filter((token, i) => token !== tokens[i - 1])
      .map((token) => {
        const text = padToken === '' ? token : token.replaceAll(padToken, '');
        return cleanup ? cleanUp(text).replaceAll(wordDelimiter, ' ') : text;
      })
      .filter((text) => text !== '');
}
