/** OpenAI's public encodings by name: how text is split, and the special tokens (from the tiktoken library's registry). */
export interface TiktokenEncoding {
  /** The pattern in the syntax of tokenizer.json. */
  readonly pattern: string;
  readonly specialTokens: Readonly<Record<string, number>>;
}

export const GPT2_SOURCE =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
/** As tiktoken has it since 0.7; its `$` is the end of the text, which tokenizer.json must write as a look-ahead. */
export const CL100K_SOURCE =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s+(?![\\s\\S])|\\s*[\\r\\n]|\\s+(?!\\S)|\\s";
const UPPER = '\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}';
const LOWER = '\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}';
const ENDING = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
export const O200K_SOURCE = [
  `[^\\r\\n\\p{L}\\p{N}]?[${UPPER}]*[${LOWER}]+${ENDING}`,
  `[^\\r\\n\\p{L}\\p{N}]?[${UPPER}]+[${LOWER}]*${ENDING}`,
  '\\p{N}{1,3}',
  ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*',
  '\\s*[\\r\\n]+',
  '\\s+(?!\\S)',
  '\\s+',
].join('|');

const ENCODINGS: Readonly<Record<string, TiktokenEncoding>> = {
  gpt2: { pattern: GPT2_SOURCE, specialTokens: { '<|endoftext|>': 50256 } },
  r50k_base: { pattern: GPT2_SOURCE, specialTokens: { '<|endoftext|>': 50256 } },
  p50k_base: { pattern: GPT2_SOURCE, specialTokens: { '<|endoftext|>': 50256 } },
  cl100k_base: {
    pattern: CL100K_SOURCE,
    specialTokens: {
      '<|endoftext|>': 100257,
      '<|fim_prefix|>': 100258,
      '<|fim_middle|>': 100259,
      '<|fim_suffix|>': 100260,
      '<|endofprompt|>': 100276,
    },
  },
  o200k_base: {
    pattern: O200K_SOURCE,
    specialTokens: { '<|endoftext|>': 199999, '<|endofprompt|>': 200018 },
  },
};

export const ENCODING_NAMES = Object.keys(ENCODINGS);

export function encodingNamed(name: string): TiktokenEncoding | undefined {
  return Object.hasOwn(ENCODINGS, name) ? ENCODINGS[name] : undefined;
}
