/**
 * The ByteLevel decoder: each token's bytes through the byte alphabet (or its own UTF-8 bytes, if it has a character
 * outside of it), joined, as text. Bytes that are not valid UTF-8 become U+FFFD; a leading U+FEFF stays.
 */
import { tokenBytes } from '../bpe/byte-alphabet.ts';
import type { DecodeChain } from './decoder.ts';
import { TokenTexts } from './token-texts.ts';

export function byteLevelBytes(token: string): Uint8Array {
  return tokenBytes(token) ?? new TextEncoder().encode(token);
}

export const byteLevelDecoder: DecodeChain = (tokens) => {
  const texts = new TokenTexts(tokens.length, (i) => byteLevelBytes(tokens[i] as string));
  return [texts.decode(tokens.map((_, i) => i))];
};
