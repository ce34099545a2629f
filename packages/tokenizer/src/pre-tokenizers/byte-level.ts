/**
 * GPT-2's pre-tokenizer (Radford et al. 2019, `encoder.py`): cut at its pattern, write each piece in the byte alphabet.
 * This is the plain form; byte-level models use `scan-gpt2.ts`, which is tested against it.
 */
import { byteCharacters } from '../bpe/byte-alphabet.ts';
import { splitBy } from './split.ts';

/** GPT-2's own pattern with `\s` as Unicode White_Space. */
export const GPT2_PATTERN =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

export interface ByteLevelOptions {
  /** Puts a space before text that does not begin with one. */
  readonly addPrefixSpace: boolean;
  /** Cut at GPT-2's pattern; without it the text stays one piece. */
  readonly useRegex: boolean;
}

export function byteLevel(options: ByteLevelOptions): (text: string) => string[] {
  const encoder = new TextEncoder();
  return (text) => {
    if (text === '') return [];
    const prefixed = options.addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text;
    const pieces = options.useRegex ? splitBy(prefixed, GPT2_PATTERN, 'Isolated') : [prefixed];
    return pieces.map((piece) => byteCharacters(encoder.encode(piece)));
  };
}
