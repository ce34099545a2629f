/** The K types: a scale (and minimum) is fitted for each group, those are rounded to small integers
 *  over the block's float16 scale, and the elements are rounded once more by what came out. Byte for
 *  byte ggml's `quantize_row_*_K_ref`; layouts as in k-decode.ts. Every operation rounds to float32. */
import {
  type AffineSearch,
  clamp,
  extremeOf,
  fitAffine,
  fitSymmetric,
  fitSymmetricByDescent,
  nearestInt,
} from './fit.ts';
import { readQ3Scale, readSixBitPair } from './k-decode.ts';
import { readHalf } from './plain-decode.ts';
import { writeHalf } from './plain-encode.ts';

const f32 = Math.fround;
const Q2_SEARCH: AffineSearch = Object.freeze({
  maxQuant: 3,
  first: -0.5,
  last: 15,
  isAbsolute: true,
});
const Q4_SEARCH: AffineSearch = Object.freeze({
  maxQuant: 15,
  first: -1,
  last: 20,
  isAbsolute: false,
});
const Q5_SEARCH: AffineSearch = Object.freeze({
  maxQuant: 31,
  first: -0.5,
  last: 15,
  isAbsolute: false,
});

export function encodeQ2_K(x: Float32Array, bytes: Uint8Array, at: number): void {
  const quants = new Uint8Array(256);
  const weights = x.map(Math.abs);
  const { scales, mins } = fitGroups(x, weights, 16, Q2_SEARCH, quants);
  const scale = largest(scales);
  const min = largest(mins);
  for (let group = 0; group < 16; group++) {
    const s = scale > 0 ? nearestInt(f32(f32(15 / scale) * scales[group]!)) : 0;
    const m = min > 0 ? nearestInt(f32(f32(15 / min) * mins[group]!)) : 0;
    bytes[at + group] = s | (m << 4);
  }
  writeHalf(bytes, at + 80, scale > 0 ? f32(scale / 15) : 0);
  writeHalf(bytes, at + 82, min > 0 ? f32(min / 15) : 0);
  const d = readHalf(bytes, at + 80);
  const dmin = readHalf(bytes, at + 82);
  for (let group = 0; group < 16; group++) {
    const packed = bytes[at + group]!;
    const by = { scale: f32(d * (packed & 15)), min: f32(dmin * (packed >> 4)), low: 0, high: 3 };
    roundGroup(groupOf(x, 16, group), by, groupOf(quants, 16, group));
  }
  packPairs(quants, 0, bytes, at + 16);
}

export function encodeQ3_K(x: Float32Array, bytes: Uint8Array, at: number): void {
  const quants = new Int8Array(256);
  const scales = new Float32Array(16);
  for (let group = 0; group < 16; group++) {
    const to = groupOf(quants, 16, group);
    scales[group] = fitSymmetricByDescent(groupOf(x, 16, group), 4, to);
  }
  bytes.fill(0, at + 96, at + 108);
  const extreme = extremeOf(scales);
  const inverse = extreme !== 0 ? f32(-32 / extreme) : 0;
  writeHalf(bytes, at + 108, extreme !== 0 ? f32(1 / inverse) : 0);
  for (let group = 0; extreme !== 0 && group < 16; group++) {
    const s = clamp(nearestInt(f32(inverse * scales[group]!)), -32, 31) + 32;
    bytes[at + 96 + (group & 7)]! |= (s & 15) << (group < 8 ? 0 : 4);
    bytes[at + 104 + (group & 3)]! |= (s >> 4) << ((group >> 2) * 2);
  }
  const d = readHalf(bytes, at + 108);
  for (let group = 0; group < 16; group++) {
    const by = { scale: f32(d * readQ3Scale(bytes, at + 96, group)), min: 0, low: -4, high: 3 };
    roundGroup(groupOf(x, 16, group), by, groupOf(quants, 16, group));
  }
  packPairs(quants, 0, bytes, at + 32);
  packHighBits(quants, 2, bytes, at);
}

export function encodeQ4_K(x: Float32Array, bytes: Uint8Array, at: number): void {
  packNibbles(affine(x, Q4_SEARCH, bytes, at), bytes, at + 16);
}

export function encodeQ5_K(x: Float32Array, bytes: Uint8Array, at: number): void {
  const quants = affine(x, Q5_SEARCH, bytes, at);
  packHighBits(quants, 4, bytes, at + 16);
  packNibbles(quants, bytes, at + 48);
}

export function encodeQ6_K(x: Float32Array, bytes: Uint8Array, at: number): void {
  const ALL_ZERO = f32(1e-15);
  const quants = new Int8Array(256);
  const scales = new Float32Array(16);
  for (let group = 0; group < 16; group++) {
    scales[group] = fitSymmetric(groupOf(x, 16, group), 32, groupOf(quants, 16, group));
  }
  const extreme = extremeOf(scales);
  if (Math.abs(extreme) < ALL_ZERO) {
    bytes.fill(0, at, at + 210);
    return;
  }
  const inverse = f32(-128 / extreme);
  writeHalf(bytes, at + 208, f32(1 / inverse));
  const d = readHalf(bytes, at + 208);
  for (let group = 0; group < 16; group++) {
    const s = Math.min(nearestInt(f32(inverse * scales[group]!)), 127);
    bytes[at + 192 + group] = s;
    const by = { scale: f32(d * s), min: 0, low: -32, high: 31 };
    roundGroup(groupOf(x, 16, group), by, groupOf(quants, 16, group));
  }
  for (let i = 0; i < 128; i++) {
    const from = (i >> 6) * 128 + (i & 63);
    bytes[at + i] = (quants[from]! & 15) | ((quants[from + 64]! & 15) << 4);
  }
  packPairs(quants, 4, bytes, at + 128);
}

/** Q4_K and Q5_K up to their quants: d, dmin and the six-bit scales and minima. The weights are the
 *  group's root mean square plus |x|. */
function affine(x: Float32Array, search: AffineSearch, bytes: Uint8Array, at: number): Uint8Array {
  const quants = new Uint8Array(256);
  const weights = new Float32Array(256);
  for (let group = 0; group < 8; group++) weigh(groupOf(x, 32, group), groupOf(weights, 32, group));
  const { scales, mins } = fitGroups(x, weights, 32, search, quants);
  const scale = largest(scales);
  const min = largest(mins);
  const inverseScale = scale > 0 ? f32(63 / scale) : 0;
  const inverseMin = min > 0 ? f32(63 / min) : 0;
  for (let group = 0; group < 8; group++) {
    const s = Math.min(nearestInt(f32(inverseScale * scales[group]!)) & 255, 63);
    const m = Math.min(nearestInt(f32(inverseMin * mins[group]!)) & 255, 63);
    writeSixBitPair(bytes, at + 4, group, [s, m]);
  }
  writeHalf(bytes, at, f32(scale / 63));
  writeHalf(bytes, at + 2, f32(min / 63));
  const d = readHalf(bytes, at);
  const dmin = readHalf(bytes, at + 2);
  for (let group = 0; group < 8; group++) {
    const [s, m] = readSixBitPair(bytes, at + 4, group);
    const by = { scale: f32(d * s), min: f32(dmin * m), low: 0, high: search.maxQuant };
    roundGroup(groupOf(x, 32, group), by, groupOf(quants, 32, group));
  }
  return quants;
}

function weigh(x: Float32Array, weights: Float32Array): void {
  let squares = 0;
  for (const value of x) squares = f32(squares + f32(value * value));
  const typical = f32(Math.sqrt(f32(squares / 32)));
  for (let i = 0; i < 32; i++) weights[i] = typical + Math.abs(x[i]!);
}

function fitGroups(
  x: Float32Array,
  weights: Float32Array,
  size: number,
  search: AffineSearch,
  quants: Uint8Array,
): { scales: Float32Array; mins: Float32Array } {
  const scales = new Float32Array(256 / size);
  const mins = new Float32Array(256 / size);
  for (let group = 0; group < scales.length; group++) {
    const values = { x: groupOf(x, size, group), weights: groupOf(weights, size, group) };
    const fit = fitAffine(values, search, groupOf(quants, size, group));
    scales[group] = fit.scale;
    mins[group] = fit.min;
  }
  return { scales, mins };
}

interface Rounding {
  readonly scale: number;
  readonly min: number;
  readonly low: number;
  readonly high: number;
}

/** Rounds a group by its stored scale and minimum: q = (x + min) / scale, counted from `low`. Where
 *  the scale is 0 the fitted integers stay. */
function roundGroup(x: Float32Array, by: Rounding, quants: Uint8Array | Int8Array): void {
  const { scale, min, low, high } = by;
  if (scale === 0) return;
  for (let i = 0; i < x.length; i++) {
    quants[i] = clamp(nearestInt(f32(f32(x[i]! + min) / scale)), low, high) - low;
  }
}

function groupOf<A extends { subarray(begin: number, end: number): A }>(
  values: A,
  size: number,
  group: number,
): A {
  return values.subarray(group * size, group * size + size);
}

const largest = (values: Float32Array): number => values.reduce((a, b) => (b > a ? b : a), 0);

type Quants = Uint8Array | Int8Array;

function packPairs(quants: Quants, shift: number, bytes: Uint8Array, at: number): void {
  bytes.fill(0, at, at + 64);
  for (let e = 0; e < 256; e++) {
    const pair = (quants[e]! >> shift) & 3;
    bytes[at + (e >> 7) * 32 + (e & 31)]! |= pair << (((e >> 5) & 3) * 2);
  }
}

function packHighBits(quants: Quants, bit: number, bytes: Uint8Array, at: number): void {
  bytes.fill(0, at, at + 32);
  for (let e = 0; e < 256; e++) bytes[at + (e & 31)]! |= ((quants[e]! >> bit) & 1) << (e >> 5);
}

function packNibbles(quants: Quants, bytes: Uint8Array, at: number): void {
  for (let i = 0; i < 128; i++) {
    const from = (i >> 5) * 64 + (i & 31);
    bytes[at + i] = (quants[from]! & 15) | ((quants[from + 32]! & 15) << 4);
  }
}

function writeSixBitPair(
  bytes: Uint8Array,
  at: number,
  group: number,
  [s, m]: readonly [number, number],
): void {
  if (group < 4) {
    bytes[at + group] = s;
    bytes[at + group + 4] = m;
    return;
  }
  bytes[at + group + 4] = (s & 15) | ((m & 15) << 4);
  bytes[at + group - 4]! |= (s >> 4) << 6;
  bytes[at + group]! |= (m >> 4) << 6;
}
