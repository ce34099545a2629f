/** Which special tokens a text may hold, and which of them are recognised in it. */
import { TokenizerError } from '../errors.ts';
import type { AddedToken } from './added-token.ts';

export interface SpecialOptions {
  /** Special tokens that are recognised in the text; the others are ordinary text. @default 'all' */
  readonly allowedSpecial?: 'all' | readonly string[];
  /** Special tokens that may not stand in the text unless `allowedSpecial` names them: an error if one does. @default [] */
  readonly disallowedSpecial?: 'all' | readonly string[];
}

/** Tells of an added token whether it is recognised; throws where the text holds one that may not be there. */
export function specialFilter(
  text: string,
  tokens: readonly AddedToken[],
  { allowedSpecial = 'all', disallowedSpecial = [] }: SpecialOptions,
): (token: AddedToken) => boolean {
  const allowed = allowedSpecial === 'all' ? undefined : new Set(allowedSpecial);
  if (disallowedSpecial.length > 0) {
    const isForbidden = (token: AddedToken): boolean =>
      token.special &&
      token.content !== '' &&
      (disallowedSpecial === 'all' || disallowedSpecial.includes(token.content)) &&
      !(allowed?.has(token.content) ?? false);
    const found = tokens.find((token) => isForbidden(token) && text.includes(token.content));
    if (found !== undefined) {
      throw new TokenizerError(
        `encode: text: expected no special token that is not allowed, got ${JSON.stringify(found.content)}. Name it in allowedSpecial, or leave it out of disallowedSpecial to read it as plain text.`,
      );
    }
  }
  return (token) => !token.special || allowed === undefined || allowed.has(token.content);
}
