/**
 * Decoders in which what a token becomes depends on nothing but itself and whether it is the first: those of
 * SentencePiece's kind, Metaspace and WordPiece. They need a token's text only once. The chain of `decoder.ts` stays
 * the definition: it makes each text, and it decodes where bytes are not valid UTF-8.
 */
import { isObject } from '../io/json-fields.ts';
import type { DecodeChain } from './decoder.ts';
import { parseDecoder } from './decoder.ts';

export interface LocalDecoder {
  /** One string for each token, were it not for bytes. */
  readonly local: DecodeChain;
  /** `<0xNN>` is a byte. */
  readonly hasBytes: boolean;
  /** What then happens to the whole text. */
  readonly whole: (text: string) => string;
}

/** Undefined: the decoder is of another kind. */
export function localDecoder(json: unknown): LocalDecoder | undefined {
  if (json === null)
    return {
      local: (tokens) => tokens.map((t, i) => (i > 0 ? ` ${t}` : t)),
      hasBytes: false,
      whole: same,
    };
  if (!isObject(json)) return undefined;
  if (json['type'] === 'Metaspace' || json['type'] === 'WordPiece')
    return { local: parseDecoder(json, 'decoder'), hasBytes: false, whole: same };
  if (json['type'] !== 'Sequence' || !Array.isArray(json['decoders'])) return undefined;
  return sequence(json['decoders'] as unknown[]);
}

/** Replacements and bytes, then everything joined, then strips of the whole. */
function sequence(items: readonly unknown[]): LocalDecoder | undefined {
  const types = items.map((item) => (isObject(item) ? item['type'] : undefined));
  const fuse = types.indexOf('Fuse');
  const before = types.slice(0, fuse).filter((type) => type !== 'Replace');
  const hasBytes = before.length === 1 && before[0] === 'ByteFallback';
  if (fuse < 0 || (before.length > 0 && !hasBytes)) return undefined;
  // Bytes that together are a character must not be replaced one by one.
  if (hasBytes && types[fuse - 1] !== 'ByteFallback') return undefined;
  if (types.slice(fuse + 1).some((type) => type !== 'Strip')) return undefined;
  const part = (decoders: readonly unknown[]): DecodeChain =>
    parseDecoder({ type: 'Sequence', decoders }, 'decoder');
  const rest = part(items.slice(fuse + 1));
  return {
    local: part(items.slice(0, fuse)),
    hasBytes,
    whole: fuse + 1 === items.length ? same : (text) => rest([text]).join(''),
  };
}

function same(text: string): string {
  return text;
}

const BYTE = /^<0x([0-9A-Fa-f]{2})>$/u;

/** The bytes that a token adds to a text that it does not begin. */
export function localBytes({ local, hasBytes }: LocalDecoder, token: string): Uint8Array {
  const hex = hasBytes ? BYTE.exec(token)?.[1] : undefined;
  if (hex !== undefined) return Uint8Array.of(Number.parseInt(hex, 16));
  return new TextEncoder().encode(local(['a', token]).slice(1).join(''));
}

/** The same of the token that begins the text. */
export function firstBytes({ local, hasBytes }: LocalDecoder, token: string): Uint8Array {
  const hex = hasBytes ? BYTE.exec(token)?.[1] : undefined;
  if (hex !== undefined) return Uint8Array.of(Number.parseInt(hex, 16));
  return new TextEncoder().encode(local([token]).join(''));
}
