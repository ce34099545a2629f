/** The files that came before tokenizer.json: GPT-2's vocab.json and merges.txt, and BERT's vocab.txt. */
import { BpeModel } from '../bpe/bpe-model.ts';
import { parseMerges } from '../bpe/merges.ts';
import { TokenizerFormatError, UnsupportedComponentError } from '../errors.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { Vocabulary } from '../vocabulary.ts';
import { WordPieceModel } from '../wordpiece/word-piece-model.ts';
import type { AddedToken } from '../added-tokens/added-token.ts';
import type { JsonObject } from './json-fields.ts';
import type { TokenizerDefinition } from './tokenizer-json.ts';

const BERT_SPECIALS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

/** @param vocabulary The text of vocab.json. @param merges That of merges.txt: a pair on each line, `#version` first. */
export function gpt2Definition(
  vocabulary: string,
  merges: string,
  roles: TokenizerRoles,
): TokenizerDefinition {
  const pairs = merges
    .split(/\r?\n/u)
    .filter((line, i) => line !== '' && !(i === 0 && line.startsWith('#version')));
  const vocab = Vocabulary.fromJSON(parseJson(vocabulary, 'vocab.json'), 'vocab.json');
  const addPrefixSpace = roles.config?.['add_prefix_space'] === true;
  const byteLevel = {
    type: 'ByteLevel',
    add_prefix_space: addPrefixSpace,
    trim_offsets: true,
    use_regex: true,
  };
  const { bosToken, eosToken, padToken, unkToken } = roles;
  const named = [bosToken ?? '<|endoftext|>', eosToken, padToken, unkToken];
  return {
    model: new BpeModel(vocab, parseMerges(pairs, 'merges.txt')),
    addedTokens: specials(vocab, named),
    normalizer: null,
    preTokenizer: byteLevel,
    postProcessor: { ...byteLevel, trim_offsets: false },
    decoder: byteLevel,
    truncation: null,
    padding: null,
  };
}

/** @param text vocab.txt: a token on each line, its id the number of the line. */
export function bertDefinition(text: string, config: JsonObject = {}): TokenizerDefinition {
  const tokens = text.replace(/\r?\n$/u, '').split(/\r?\n/u);
  if (new Set(tokens).size !== tokens.length)
    throw new TokenizerFormatError('vocab.txt: expected different tokens, got one twice.');
  const vocab = Vocabulary.fromTokens(tokens);
  const token = (name: string): [string, number] => {
    const id = vocab.ids.get(name);
    if (id === undefined)
      throw new TokenizerFormatError(`vocab.txt: expected ${name} among the tokens, got none.`);
    return [name, id];
  };
  const flag = (name: string): unknown => config[name] ?? true;
  return {
    model: new WordPieceModel(vocab),
    addedTokens: specials(vocab, BERT_SPECIALS),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: flag('tokenize_chinese_chars'),
      strip_accents: config['strip_accents'] ?? null,
      lowercase: flag('do_lower_case'),
    },
    preTokenizer: { type: 'BertPreTokenizer' },
    postProcessor: { type: 'BertProcessing', sep: token('[SEP]'), cls: token('[CLS]') },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    truncation: null,
    padding: null,
  };
}

function specials(vocabulary: Vocabulary, names: readonly (string | undefined)[]): AddedToken[] {
  return [...new Set(names)].flatMap((content) => {
    const id = content === undefined ? undefined : vocabulary.ids.get(content);
    if (content === undefined || id === undefined) return [];
    const flags = { singleWord: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, special: true, ...flags }];
  });
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new TokenizerFormatError(`${path}: expected JSON (${String(error)}).`);
  }
}

/** The vocabulary of a WordPiece tokenizer as vocab.txt. */
export function bertVocabulary({ model }: TokenizerDefinition): string {
  if (!(model instanceof WordPieceModel) || model.vocabulary.tokens.includes(undefined)) {
    throw new UnsupportedComponentError(
      `save: model: expected WordPiece without gaps, which vocab.txt can hold, got ${model.type}. Save a tokenizer.json.`,
    );
  }
  return `${model.vocabulary.tokens.join('\n')}\n`;
}
