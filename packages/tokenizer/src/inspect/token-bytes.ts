/** The bytes that each token adds to a text: what constrained generation checks against a grammar. */
import { byteLevelBytes } from '../decoders/byte-level.ts';
import type { Tokenizer } from '../tokenizer.ts';

/**
 * Of each id, the bytes that it stands for inside a text (not as its first token, where some decoders drop a space);
 * undefined for special tokens and for ids without a token. Half a character is given as the bytes it has.
 */
export function tokenBytes(tokenizer: Tokenizer): (Uint8Array | undefined)[] {
  const special = new Set(tokenizer.addedTokens.filter((t) => t.special).map((t) => t.id));
  const added = new Set(tokenizer.addedTokens.map((t) => t.id));
  const isByteLevel = decoderTypes(tokenizer.definition.decoder).includes('ByteLevel');
  const bytesOf = isByteLevel ? byteLevelBytes : bytesInText(tokenizer);
  return Array.from({ length: tokenizer.vocabSize }, (_, id) => {
    const token = special.has(id) ? undefined : tokenizer.idToToken(id);
    if (token === undefined) return undefined;
    return added.has(id) ? new TextEncoder().encode(token) : bytesOf(token, id);
  });
}

/** Types of the decoder, or of the parts of a sequence. */
function decoderTypes(decoder: unknown): string[] {
  const { type, decoders } = (decoder ?? {}) as { type?: string; decoders?: unknown[] };
  return [...(type === undefined ? [] : [type]), ...(decoders ?? []).flatMap(decoderTypes)];
}

/** What a token adds when it is decoded after another one. */
function bytesInText(tokenizer: Tokenizer): (token: string, id: number) => Uint8Array {
  const hasBytes = decoderTypes(tokenizer.definition.decoder).includes('ByteFallback');
  const anchor = anchorOf(tokenizer);
  const before = tokenizer.decode([anchor]);
  return (token, id) => {
    const hex = hasBytes ? /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1] : undefined;
    if (hex !== undefined) return Uint8Array.of(Number.parseInt(hex, 16));
    return new TextEncoder().encode(tokenizer.decode([anchor, id]).slice(before.length));
  };
}

/** A token of plain letters, which no decoder joins with what follows. */
function anchorOf(tokenizer: Tokenizer): number {
  for (let id = 0; id < tokenizer.vocabSize; id++)
    if (/^[A-Za-z]+$/.test(tokenizer.idToToken(id) ?? '')) return id;
  return 0;
}
