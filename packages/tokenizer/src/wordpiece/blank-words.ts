/**
 * BERT's normalizer and pre-tokenizer treat what stands between blanks by itself: they work character by character,
 * marks only join the character before, and every blank ends a word. So a text may be cut at blanks first, and each
 * different stretch be worked on once.
 */
import { isObject } from '../io/json-fields.ts';

export function isBert(normalizer: unknown, preTokenizer: unknown): boolean {
  return (
    isObject(normalizer) &&
    normalizer['type'] === 'BertNormalizer' &&
    // Without it, a control character such as U+0085 may be white space to one and not to the other.
    normalizer['clean_text'] !== false &&
    isObject(preTokenizer) &&
    preTokenizer['type'] === 'BertPreTokenizer'
  );
}

/** Visits the stretches between spaces, tabs and newlines. */
export function forEachBlankWord(text: string, visit: (word: string) => void): void {
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const unit = text.charCodeAt(i);
    // At the end of the text the unit is NaN.
    if (unit > 0x20 || !(unit === 0x20 || unit === 0x0a || unit === 0x09 || unit === 0x0d)) {
      if (i < text.length) continue;
    }
    if (i > start) visit(start === 0 && i === text.length ? text : text.slice(start, i));
    start = i + 1;
  }
}
