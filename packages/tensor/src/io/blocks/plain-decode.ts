/** Blocks of 32 elements with one scale, to the same bits as gguf-py's `dequantize` (layouts: ggml's
 *  ggml-common.h, ggml-quants.c `dequantize_row_*`). d and m are float16; a nibble byte i holds
 *  element i in its low half and element i + 16 in its high half; bit e of the high bits belongs to
 *  element e. Products here are exact in a double, so that storing to float32 rounds once, as the
 *  reference does. */
import { float16Table } from './half-precision.ts';

/** Reads the block at byte `at` into the elements from `to`. */
export type DecodeBlock = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

export function readHalf(bytes: Uint8Array, at: number): number {
  return float16Table()[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

/** d, 32 signed bytes q. y = d·q. */
export function decodeQ8_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = readHalf(bytes, at);
  for (let i = 0; i < 32; i++) out[to + i] = d * ((bytes[at + 2 + i]! << 24) >> 24);
}

/** d, nibbles q. y = d·(q − 8). */
export function decodeQ4_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = readHalf(bytes, at);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 2 + i]!;
    out[to + i] = d * ((pair & 15) - 8);
    out[to + 16 + i] = d * ((pair >> 4) - 8);
  }
}

/** d, m, nibbles q. y = d·q + m. */
export function decodeQ4_1(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = readHalf(bytes, at);
  const m = readHalf(bytes, at + 2);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[at + 4 + i]!;
    out[to + i] = d * (pair & 15) + m;
    out[to + 16 + i] = d * (pair >> 4) + m;
  }
}

/** d, 4 bytes of high bits, nibbles. y = d·(q − 16). */
export function decodeQ5_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = readHalf(bytes, at);
  for (let e = 0; e < 32; e++) out[to + e] = d * (fiveBits(bytes, at + 2, e) - 16);
}

/** d, m, 4 bytes of high bits, nibbles. y = d·q + m. */
export function decodeQ5_1(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = readHalf(bytes, at);
  const m = readHalf(bytes, at + 2);
  for (let e = 0; e < 32; e++) out[to + e] = d * fiveBits(bytes, at + 4, e) + m;
}

/** Element e of 4 bytes of high bits followed by 16 of nibbles. */
function fiveBits(bytes: Uint8Array, at: number, e: number): number {
  const nibble = (bytes[at + 4 + (e & 15)]! >> (e < 16 ? 0 : 4)) & 15;
  return nibble | (((bytes[at + (e >> 3)]! >> (e & 7)) & 1) << 4);
}
