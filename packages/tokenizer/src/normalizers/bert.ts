/**
 * BERT's normalization (Devlin et al. 2018, reference `BasicTokenizer`; checked against Rust `tokenizers` 0.23):
 * drop control characters, make every white space a blank, set CJK ideographs apart, strip accents, lower-case.
 */
import { ACCENTS, CONTROLS } from '../unicode/bert-classes.data.ts';
import { rangesPattern } from '../unicode/ranges.ts';
import { lowercase } from './letters.ts';

export interface BertNormalizerOptions {
  readonly cleanText: boolean;
  readonly handleChineseChars: boolean;
  /** Undefined follows `lowercase`. */
  readonly stripAccents: boolean | undefined;
  readonly lowercase: boolean;
}

const WHITE_SPACE = /\p{White_Space}/gu;
/** The blocks that BERT names: CJK Unified Ideographs, extensions A to E, compatibility ideographs. */
const IDEOGRAPH =
  /[\u4E00-\u9FFF\u3400-\u4DBF\u{20000}-\u{2A6DF}\u{2A700}-\u{2B73F}\u{2B740}-\u{2B81F}\u{2B920}-\u{2CEAF}\uF900-\uFAFF\u{2F800}-\u{2FA1F}]/gu;

export function bertNormalizer(options: BertNormalizerOptions): (text: string) => string {
  const controls = rangesPattern(CONTROLS);
  const accents = rangesPattern(ACCENTS);
  const stripsAccents = options.stripAccents ?? options.lowercase;
  return (text) => {
    let result = text;
    if (options.cleanText) result = result.replace(controls, '').replace(WHITE_SPACE, ' ');
    if (options.handleChineseChars) result = result.replace(IDEOGRAPH, ' $& ');
    if (stripsAccents) result = result.normalize('NFD').replace(accents, '');
    if (options.lowercase) result = lowercase(result);
    return result;
  };
}
