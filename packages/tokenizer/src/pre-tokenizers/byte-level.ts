/**
 * GPT-2's pre-tokenizer (Radford et al. 2019, `encoder.py`): cut at its pattern, write each piece in the byte alphabet.
 * This is the plain form; byte-level models use `scan-gpt2.ts`, which is tested against it.
 */
import { byteCharacters } from '../bpe/byte-alphabet.ts';
import { GPT2_SOURCE } from '../tiktoken/encodings.ts';
import { translatePattern } from './pattern.ts';
import { splitBy } from './split.ts';

/** GPT-2's own pattern, with classes as in the Rust library. */
export function gpt2Pattern(): RegExp {
  return translatePattern(GPT2_SOURCE);
}

export interface ByteLevelOptions {
  /** Puts a space before text that does not begin with one. */
  readonly addPrefixSpace: boolean;
  /** Cut at GPT-2's pattern; without it the text stays one piece. */
  readonly useRegex: boolean;
}

export function byteLevel(options: ByteLevelOptions): (text: string) => string[] {
  const encoder = new TextEncoder();
  const pattern = options.useRegex ? gpt2Pattern() : undefined;
  return (text) => {
    if (text === '') return [];
    const prefixed = options.addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    const pieces = pattern ? splitBy(prefixed, pattern, 'Isolated') : [prefixed];
    return pieces.map((piece) => byteCharacters(encoder.encode(piece)));
  };
}
