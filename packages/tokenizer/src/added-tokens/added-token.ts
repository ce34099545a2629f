/** A token outside the model, matched in the text before the model sees it (`added_tokens` of tokenizer.json). */
import { asArray, asId, asObject, booleanField, stringField } from '../io/json-fields.ts';

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Left out when decoding with `skipSpecialTokens`. */
  readonly special: boolean;
  /** Matches only where no word character touches it. */
  readonly singleWord: boolean;
  /** Takes the white space on its left with it. */
  readonly lstrip: boolean;
  /** Takes the white space on its right with it. */
  readonly rstrip: boolean;
  /** Matched in the normalized text, after the tokens that are not. */
  readonly normalized: boolean;
}

export function parseAddedTokens(json: unknown, path: string): AddedToken[] {
  if (json === undefined || json === null) return [];
  return asArray(json, path).map((item, i) => {
    const at = `${path}[${i}]`;
    const token = asObject(item, at);
    const special = booleanField(token, 'special', at, false);
    return {
      id: asId(token['id'], `${at}.id`),
      content: stringField(token, 'content', at),
      special,
      singleWord: booleanField(token, 'single_word', at, false),
      lstrip: booleanField(token, 'lstrip', at, false),
      rstrip: booleanField(token, 'rstrip', at, false),
      normalized: booleanField(token, 'normalized', at, !special),
    };
  });
}

export function addedTokenToJson(token: AddedToken): unknown {
  return {
    id: token.id,
    content: token.content,
    single_word: token.singleWord,
    lstrip: token.lstrip,
    rstrip: token.rstrip,
    normalized: token.normalized,
    special: token.special,
  };
}
