/** The bytes that tokens stand for in text. */
import type { PackedTokens } from '../packed/packed-tokens.ts';
import { CHARACTER_BYTES } from './byte-alphabet.ts';

/** Token i is `bytes[starts[i]..ends[i])`; a hole is empty. */
export interface RawTokens {
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Bytes of room behind them for reads of 8 bytes. */
const ROOM = 8;

/** Tokens in the byte alphabet become their bytes; a token with another character keeps its own UTF-8. */
export function rawTokensOf({ bytes, starts, ends, size }: PackedTokens): RawTokens {
  const raw = new Uint8Array(bytes.length + ROOM);
  const rawStarts = new Int32Array(size);
  const rawEnds = new Int32Array(size);
  let to = 0;
  for (let id = 0; id < size; id++) {
    rawStarts[id] = rawEnds[id] = to;
    const start = starts[id] as number;
    if (start < 0) continue;
    const end = ends[id] as number;
    const after = writeBytes(bytes, start, end, raw, to);
    if (after < 0) raw.set(bytes.subarray(start, end), to);
    to = rawEnds[id] = after < 0 ? to + end - start : after;
  }
  return { bytes: raw.slice(0, to + ROOM), starts: rawStarts, ends: rawEnds };
}

/** All characters of the alphabet are below U+0144: one or two bytes each. Returns −1 at another. */
function writeBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  raw: Uint8Array,
  to: number,
): number {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    const unit = byte < 0x80 ? byte : ((byte & 0x1f) << 6) | ((bytes[++i] as number) & 0x3f);
    const stands = byte >= 0xe0 ? -1 : (CHARACTER_BYTES[unit] ?? -1);
    if (stands < 0) return -1;
    raw[to++] = stands;
  }
  return to;
}
