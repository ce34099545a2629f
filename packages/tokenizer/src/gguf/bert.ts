/**
 * WordPiece in a GGUF file (`tokenizer.ggml.model` = bert): a token that begins a word is written with ▁ before it, one
 * that goes on without its `##`, special tokens as they are.
 */
import { UnsupportedComponentError } from '../errors.ts';
import { bertDefinition } from '../io/legacy-files.ts';
import { formatError, isObject } from '../io/json-fields.ts';
import type { TokenizerDefinition } from '../io/tokenizer-json.ts';
import { META } from '../sentencepiece/definition.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import { WordPieceModel } from '../wordpiece/word-piece-model.ts';
import type { Metadata } from './fields.ts';
import { flag, strings, tokenTypes } from './fields.ts';
import { CONTROL, NORMAL, readRoles, roleToken } from './roles.ts';

const CONTINUES = '##';
const LOWERCASE = 'tokenizer.ggml.normalizer.lowercase';
const STRIP_ACCENTS = 'tokenizer.ggml.normalizer.strip_accents';

export function bertFromGguf(metadata: Metadata): {
  definition: TokenizerDefinition;
  roles: TokenizerRoles;
} {
  const written = strings(metadata, 'tokenizer.ggml.tokens');
  const types = tokenTypes(metadata, written);
  const tokens = written.map((token, id) => {
    if (types[id] === CONTROL || (types.length === 0 && /^\[.*\]$/su.test(token))) return token;
    return token.startsWith(META) ? token.slice(META.length) : CONTINUES + token;
  });
  const lowercase = flag(metadata, LOWERCASE) ?? true;
  const definition = bertDefinition(`${tokens.join('\n')}\n`, {
    do_lower_case: lowercase,
    strip_accents: flag(metadata, STRIP_ACCENTS) ?? null,
  });
  const roles = readRoles(metadata, tokens);
  return {
    definition,
    roles: { ...roles, unkToken: roles.unkToken ?? roleToken(metadata, tokens, 'unknown') },
  };
}

/** Tokens and their types, or an error where the tokenizer is not BERT's. */
export function bertToGguf(definition: TokenizerDefinition): Map<string, unknown> {
  const { model, normalizer, preTokenizer } = definition;
  if (!(model instanceof WordPieceModel)) throw refuse('model', 'WordPiece', model.type);
  if (!isObject(normalizer) || normalizer['type'] !== 'BertNormalizer')
    throw refuse('normalizer', 'BertNormalizer', 'another');
  if (!isObject(preTokenizer) || preTokenizer['type'] !== 'BertPreTokenizer')
    throw refuse('pre_tokenizer', 'BertPreTokenizer', 'another');
  const special = new Set(definition.addedTokens.map(({ id }) => id));
  const tokens = model.vocabulary.tokens.map((token, id) => {
    if (token === undefined) throw refuse('vocabulary', 'no gaps', `none with the id ${id}`);
    if (special.has(id)) return token;
    return token.startsWith(CONTINUES) ? token.slice(CONTINUES.length) : META + token;
  });
  const id = (token: string): number => {
    const found = model.tokenToId(token);
    if (found === undefined) throw formatError('toGgufMetadata: vocabulary', token, undefined);
    return found;
  };
  const lowercase = normalizer['lowercase'] !== false;
  return new Map<string, unknown>([
    ['tokenizer.ggml.model', 'bert'],
    ['tokenizer.ggml.pre', 'default'],
    ['tokenizer.ggml.tokens', tokens],
    [
      'tokenizer.ggml.token_type',
      Int32Array.from(tokens, (_, at) => (special.has(at) ? CONTROL : NORMAL)),
    ],
    ['tokenizer.ggml.token_type_count', 2],
    [LOWERCASE, lowercase],
    [STRIP_ACCENTS, (normalizer['strip_accents'] as boolean | null | undefined) ?? lowercase],
    ['tokenizer.ggml.bos_token_id', id('[CLS]')],
    ['tokenizer.ggml.eos_token_id', id('[SEP]')],
    ['tokenizer.ggml.cls_token_id', id('[CLS]')],
    ['tokenizer.ggml.seperator_token_id', id('[SEP]')],
    ['tokenizer.ggml.unknown_token_id', id('[UNK]')],
    ['tokenizer.ggml.padding_token_id', id('[PAD]')],
    ...(model.tokenToId('[MASK]') === undefined
      ? []
      : [['tokenizer.ggml.mask_token_id', id('[MASK]')] as const]),
  ]);
}

function refuse(part: string, expected: string, got: string): UnsupportedComponentError {
  return new UnsupportedComponentError(
    `toGgufMetadata: ${part}: expected ${expected}, which a GGUF file can name, got ${got}.`,
  );
}
