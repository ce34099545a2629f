import type { IdBuffer } from '../model.ts';

/** Turns a stretch of text between added tokens into ids. */
export interface StretchTokenizer {
  /** @param isFirst whether the stretch begins the text */
  encode(text: string, output: IdBuffer, isFirst: boolean): void;
  clearCache(): void;
}
