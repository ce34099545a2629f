/** Roles of special tokens in a GGUF file's metadata, and the tokens that stand before and after a text. */
import type { AddedToken } from '../added-tokens/added-token.ts';
import { formatError } from '../io/json-fields.ts';
import type { TokenizerRoles } from '../tokenizer-options.ts';
import type { Metadata } from './fields.ts';
import { tokenTypes } from './fields.ts';

/** Token types of the GGUF specification. Control and user-defined tokens are matched in the text as a whole. */
export const NORMAL = 1;
export const CONTROL = 3;
export const USER_DEFINED = 4;
export const UNUSED = 5;

export function readAddedTokens(metadata: Metadata, tokens: readonly string[]): AddedToken[] {
  const types = tokenTypes(metadata, tokens);
  const flags = { singleWord: false, lstrip: false, rstrip: false, normalized: false };
  return tokens.flatMap((content, id) =>
    types[id] === CONTROL || types[id] === USER_DEFINED
      ? [{ id, content, special: types[id] === CONTROL, ...flags }]
      : [],
  );
}

/** The token that a key such as `tokenizer.ggml.bos_token_id` names by its id. */
export function roleToken(
  metadata: Metadata,
  tokens: readonly string[],
  name: string,
): string | undefined {
  const key = `tokenizer.ggml.${name}_token_id`;
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  const content = tokens[Number(value)];
  if (content === undefined)
    throw formatError(`fromGguf: ${key}`, `an id below ${tokens.length}`, value);
  return content;
}

export function readRoles(metadata: Metadata, tokens: readonly string[]): TokenizerRoles {
  const template = metadata.get('tokenizer.chat_template');
  return {
    bosToken: roleToken(metadata, tokens, 'bos'),
    eosToken: roleToken(metadata, tokens, 'eos'),
    padToken: roleToken(metadata, tokens, 'padding'),
    unkToken: roleToken(metadata, tokens, 'unknown'),
    chatTemplate: typeof template === 'string' ? template : undefined,
  };
}

/** A post-processor that puts tokens around a text, or null where there are none. */
export function surroundJson(tokens: readonly string[], bos?: string, eos?: string): unknown {
  if (bos === undefined && eos === undefined) return null;
  const special = (token: string | undefined, typeId: number): unknown[] =>
    token === undefined ? [] : [{ SpecialToken: { id: token, type_id: typeId } }];
  const sequence = (id: string, typeId: number): unknown[] => [
    ...special(bos, typeId),
    { Sequence: { id, type_id: typeId } },
    ...special(eos, typeId),
  ];
  const names = [...new Set([bos, eos])].filter((name) => name !== undefined);
  return {
    type: 'TemplateProcessing',
    single: sequence('A', 0),
    pair: [...sequence('A', 0), ...sequence('B', 1)],
    special_tokens: Object.fromEntries(
      names.map((name) => [name, { id: name, ids: [tokens.indexOf(name)], tokens: [name] }]),
    ),
  };
}
