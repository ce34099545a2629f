/** The K types: blocks of 256 elements in groups of 16 or 32, a small integer scale s (and minimum m)
 *  for each group over the block's float16 d (and dmin). To the same bits as gguf-py's `dequantize`;
 *  layouts: ggml's ggml-common.h, ggml-quants.c `dequantize_row_*_K`.
 *
 *  Bit pairs: byte 32·h + l holds elements 128·h + l + {0, 32, 64, 96}, from the low bits up.
 *  High bits: bit e / 32 of byte e mod 32 belongs to element e. */
import { readHalf } from './plain-decode.ts';

/** 16 bytes s | m << 4, 64 of bit pairs q, d, dmin. Groups of 16. y = d·s·q − dmin·m. */
export function decodeQ2_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = readHalf(bytes, at + 80);
  const dmin = readHalf(bytes, at + 82);
  for (let e = 0; e < 256; e++) {
    const packed = bytes[at + (e >> 4)]!;
    const min = dmin * (packed >> 4);
    out[to + e] = d * (packed & 15) * bitPair(bytes, at + 16, e) - min;
  }
}

/** 32 bytes of high bits, 64 of bit pairs, 12 of scales, d. Groups of 16.
 *  y = d·(s − 32)·(q − 4), q of three bits. */
export function decodeQ3_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = readHalf(bytes, at + 108);
  for (let e = 0; e < 256; e++) {
    const q = bitPair(bytes, at + 32, e) | (highBit(bytes, at, e) << 2);
    out[to + e] = d * readQ3Scale(bytes, at + 96, e >> 4) * (q - 4);
  }
}

/** d, dmin, 12 bytes of scales and minima, 128 of nibbles. Groups of 32. y = d·s·q − dmin·m. */
export function decodeQ4_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = readHalf(bytes, at);
  const dmin = readHalf(bytes, at + 2);
  for (let group = 0; group < 8; group++) {
    const [s, m] = readSixBitPair(bytes, at + 4, group);
    for (let e = group * 32; e < group * 32 + 32; e++) {
      out[to + e] = d * s * nibble64(bytes, at + 16, e) - dmin * m;
    }
  }
}

/** As Q4_K with 32 bytes of high bits before the nibbles. */
export function decodeQ5_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = readHalf(bytes, at);
  const dmin = readHalf(bytes, at + 2);
  for (let group = 0; group < 8; group++) {
    const [s, m] = readSixBitPair(bytes, at + 4, group);
    for (let e = group * 32; e < group * 32 + 32; e++) {
      const q = nibble64(bytes, at + 48, e) | (highBit(bytes, at + 16, e) << 4);
      out[to + e] = d * s * q - dmin * m;
    }
  }
}

/** 128 bytes of nibbles (in each half of 128 elements, byte l of 64 holds elements l and l + 64), 64
 *  of bit pairs, 16 signed scales, d. Groups of 16. y = d·s·(q − 32), q of six bits. */
export function decodeQ6_K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = readHalf(bytes, at + 208);
  for (let e = 0; e < 256; e++) {
    const s = (bytes[at + 192 + (e >> 4)]! << 24) >> 24;
    const low = (bytes[at + (e >> 7) * 64 + (e & 63)]! >> ((e & 64) === 0 ? 0 : 4)) & 15;
    out[to + e] = d * s * ((low | (bitPair(bytes, at + 128, e) << 4)) - 32);
  }
}

function bitPair(bytes: Uint8Array, at: number, e: number): number {
  return (bytes[at + (e >> 7) * 32 + (e & 31)]! >> (((e >> 5) & 3) * 2)) & 3;
}

function highBit(bytes: Uint8Array, at: number, e: number): number {
  return (bytes[at + (e & 31)]! >> (e >> 5)) & 1;
}

/** Byte 32·c + l holds elements 64·c + l (low) and 64·c + 32 + l (high). */
function nibble64(bytes: Uint8Array, at: number, e: number): number {
  return (bytes[at + (e >> 6) * 32 + (e & 31)]! >> ((e & 32) === 0 ? 0 : 4)) & 15;
}

/** Scale and minimum, six bits each, of a group of Q4_K or Q5_K. Groups 0 … 3 keep them in the low
 *  bits of bytes 0 … 3 and 4 … 7; groups 4 … 7 keep the low nibbles in bytes 8 … 11 and the upper two
 *  bits on top of bytes 0 … 3 and 4 … 7. */
export function readSixBitPair(bytes: Uint8Array, at: number, group: number): [number, number] {
  const byte = (i: number) => bytes[at + i]!;
  if (group < 4) return [byte(group) & 63, byte(group + 4) & 63];
  return [
    (byte(group + 4) & 15) | ((byte(group - 4) >> 6) << 4),
    (byte(group + 4) >> 4) | ((byte(group) >> 6) << 4),
  ];
}

/** A scale of Q3_K, −32 … 31: low nibbles in bytes 0 … 7 (groups 0 … 7 low, 8 … 15 high), the upper
 *  two bits as bit pair g / 4 of byte 8 + g mod 4. */
export function readQ3Scale(bytes: Uint8Array, at: number, group: number): number {
  const low = (bytes[at + (group & 7)]! >> (group < 8 ? 0 : 4)) & 15;
  return (low | (((bytes[at + 8 + (group & 3)]! >> ((group >> 2) * 2)) & 3) << 4)) - 32;
}
