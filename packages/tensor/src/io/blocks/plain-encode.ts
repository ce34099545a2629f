/** Blocks of 32 with one scale: it follows from the extremes alone. Byte for byte ggml's
 *  `quantize_row_*_ref`; layouts as in plain-decode.ts. Every operation rounds to float32. */
import { extremeOf } from './fit.ts';
import { float16Bits } from './half-precision.ts';

/** Writes the block of these elements at byte `at`. */
export type EncodeBlock = (x: Float32Array, bytes: Uint8Array, at: number) => void;

const f32 = Math.fround;

export function writeHalf(bytes: Uint8Array, at: number, value: number): void {
  const bits = float16Bits(value);
  bytes[at] = bits & 255;
  bytes[at + 1] = bits >> 8;
}

export function encodeQ8_0(x: Float32Array, bytes: Uint8Array, at: number): void {
  const d = f32(Math.abs(extremeOf(x)) / 127);
  const inverse = inverseOf(d);
  writeHalf(bytes, at, d);
  for (let i = 0; i < 32; i++) {
    const scaled = f32(x[i]! * inverse);
    const magnitude = Math.abs(scaled);
    // Rounds half away from zero. The inverse of a subnormal scale overflows: no level then.
    const level = magnitude < 128 ? Math.floor(magnitude + 0.5) : 0;
    bytes[at + 2 + i] = scaled < 0 ? -level : level;
  }
}

export function encodeQ4_0(x: Float32Array, bytes: Uint8Array, at: number): void {
  const { d, quants } = symmetric(x, 8);
  writeHalf(bytes, at, d);
  packNibbles(quants, bytes, at + 2);
}

export function encodeQ4_1(x: Float32Array, bytes: Uint8Array, at: number): void {
  const { d, min, quants } = affine(x, 15);
  writeHalf(bytes, at, d);
  writeHalf(bytes, at + 2, min);
  packNibbles(quants, bytes, at + 4);
}

export function encodeQ5_0(x: Float32Array, bytes: Uint8Array, at: number): void {
  const { d, quants } = symmetric(x, 16);
  writeHalf(bytes, at, d);
  packHighBits(quants, bytes, at + 2);
  packNibbles(quants, bytes, at + 6);
}

export function encodeQ5_1(x: Float32Array, bytes: Uint8Array, at: number): void {
  const { d, min, quants } = affine(x, 31);
  writeHalf(bytes, at, d);
  writeHalf(bytes, at + 2, min);
  packHighBits(quants, bytes, at + 4);
  packNibbles(quants, bytes, at + 8);
}

const inverseOf = (d: number): number => (d !== 0 ? f32(1 / d) : 0);

/** Truncates toward zero; 0 for what no level is. */
function level(x: number, max: number): number {
  return x > -1 && x < 256 ? Math.min(Math.trunc(x), max) : 0;
}

/** The largest element becomes −max levels exactly. */
function symmetric(x: Float32Array, max: number): { d: number; quants: Uint8Array } {
  const d = f32(extremeOf(x) / -max);
  const inverse = inverseOf(d);
  const offset = max + 0.5;
  const quants = new Uint8Array(32);
  for (let i = 0; i < 32; i++) quants[i] = level(f32(f32(x[i]! * inverse) + offset), 2 * max - 1);
  return { d, quants };
}

function affine(x: Float32Array, max: number): { d: number; min: number; quants: Uint8Array } {
  let low = x[0]!;
  let high = x[0]!;
  for (const value of x) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const d = f32(f32(high - low) / max);
  const inverse = inverseOf(d);
  const quants = new Uint8Array(32);
  for (let i = 0; i < 32; i++) quants[i] = level(f32(f32(f32(x[i]! - low) * inverse) + 0.5), max);
  return { d, min: low, quants };
}

function packNibbles(quants: Uint8Array, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 16; i++) bytes[at + i] = (quants[i]! & 15) | ((quants[16 + i]! & 15) << 4);
}

function packHighBits(quants: Uint8Array, bytes: Uint8Array, at: number): void {
  bytes.fill(0, at, at + 4);
  for (let e = 0; e < 32; e++) bytes[at + (e >> 3)]! |= (quants[e]! >> 4) << (e & 7);
}
