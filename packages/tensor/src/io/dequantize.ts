/** GGUF tensor data to float32, to the same bits as gguf-py's `dequantize`. A block holds its
 *  scales as float16 and its quants packed; the layouts are ggml's (ggml-common.h,
 *  ggml-quants.c `dequantize_row_*`). Products here are exact in a double, so that storing to
 *  float32 rounds once, as the reference does. */
import { bfloat16ToFloat32, float16Table, float16ToFloat32 } from './half-precision.ts';
import { typedView } from './typed-view.ts';

/** Bytes of whole blocks → one float32 per element. */
type Dequantize = (bytes: Uint8Array) => Float32Array;

/** 32 elements: scale d, 32 signed bytes q. y = d·q. */
function dequantizeQ8_0(bytes: Uint8Array): Float32Array {
  const halves = float16Table();
  const blocks = bytes.length / 34;
  const quants = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(blocks * 32);
  for (let block = 0; block < blocks; block++) {
    const at = block * 34;
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    for (let i = 0; i < 32; i++) out[block * 32 + i] = d * quants[at + 2 + i]!;
  }
  return out;
}

/** 32 elements: scale d, 16 bytes of two nibbles q: low ones are elements 0 … 15, high ones
 *  16 … 31. y = d·(q − 8). */
function dequantizeQ4_0(bytes: Uint8Array): Float32Array {
  const halves = float16Table();
  const blocks = bytes.length / 18;
  const out = new Float32Array(blocks * 32);
  for (let block = 0; block < blocks; block++) {
    const at = block * 18;
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 2 + i]!;
      out[block * 32 + i] = d * ((pair & 15) - 8);
      out[block * 32 + 16 + i] = d * ((pair >> 4) - 8);
    }
  }
  return out;
}

/** As Q4_0 with a minimum m after the scale. y = d·q + m. */
function dequantizeQ4_1(bytes: Uint8Array): Float32Array {
  const halves = float16Table();
  const blocks = bytes.length / 20;
  const out = new Float32Array(blocks * 32);
  for (let block = 0; block < blocks; block++) {
    const at = block * 20;
    const d = halves[bytes[at]! | (bytes[at + 1]! << 8)]!;
    const m = halves[bytes[at + 2]! | (bytes[at + 3]! << 8)]!;
    for (let i = 0; i < 16; i++) {
      const pair = bytes[at + 4 + i]!;
      out[block * 32 + i] = d * (pair & 15) + m;
      out[block * 32 + 16 + i] = d * (pair >> 4) + m;
    }
  }
  return out;
}

/** 256 elements: 128 bytes of low nibbles, 64 bytes of high bit pairs, 16 signed scales s for 16
 *  elements each, scale d. y = d·s·(q − 32), q of six bits. In each half of 128 elements, byte l of
 *  32 gives elements l, l + 32, l + 64 and l + 96. */
function dequantizeQ6_K(bytes: Uint8Array): Float32Array {
  const halves = float16Table();
  const blocks = bytes.length / 210;
  const signed = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(blocks * 256);
  for (let block = 0; block < blocks; block++) {
    const at = block * 210;
    const d = halves[bytes[at + 208]! | (bytes[at + 209]! << 8)]!;
    for (let half = 0; half < 2; half++) {
      const low = at + half * 64;
      const high = at + 128 + half * 32;
      const scales = at + 192 + half * 8;
      const to = block * 256 + half * 128;
      for (let l = 0; l < 32; l++) {
        const s = scales + (l >> 4);
        const a = bytes[low + l]!;
        const b = bytes[low + 32 + l]!;
        const h = bytes[high + l]!;
        out[to + l] = d * signed[s]! * (((a & 15) | ((h & 3) << 4)) - 32);
        out[to + l + 32] = d * signed[s + 2]! * (((b & 15) | (((h >> 2) & 3) << 4)) - 32);
        out[to + l + 64] = d * signed[s + 4]! * (((a >> 4) | (((h >> 4) & 3) << 4)) - 32);
        out[to + l + 96] = d * signed[s + 6]! * (((b >> 4) | (((h >> 6) & 3) << 4)) - 32);
      }
    }
  }
  return out;
}

/** The types that can be dequantised, by ggml's name. */
export const DEQUANTIZERS: Readonly<Record<string, Dequantize>> = Object.freeze({
  F32: (bytes: Uint8Array) => typedView(bytes, Float32Array),
  F16: (bytes: Uint8Array) => float16ToFloat32(typedView(bytes, Uint16Array)),
  BF16: (bytes: Uint8Array) => bfloat16ToFloat32(typedView(bytes, Uint16Array)),
  Q8_0: dequantizeQ8_0,
  Q4_0: dequantizeQ4_0,
  Q4_1: dequantizeQ4_1,
  Q6_K: dequantizeQ6_K,
});
