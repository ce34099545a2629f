// Bytes that a weight takes in each storage type. Block types (ggml's) store a fixed number of weights
// of one row together with their scales, e.g. Q4_1: 32 weights = 16 bytes of nibbles + f16 scale + f16
// minimum = 20 bytes, 0.625 bytes a weight. Sizes are checked against gguf-py's GGML_QUANT_SIZES.

import { ConfigError } from './errors.ts';

/** `weights` consecutive weights of a row are stored in `bytes` bytes. */
export interface BlockLayout {
  readonly weights: number;
  readonly bytes: number;
}

const plain = (bytes: number): BlockLayout => ({ weights: 1, bytes });
const block = (weights: number, bytes: number): BlockLayout => ({ weights, bytes });

export const WEIGHT_TYPES = {
  F64: plain(8),
  F32: plain(4),
  F16: plain(2),
  BF16: plain(2),
  I8: plain(1),
  Q4_0: block(32, 18),
  Q4_1: block(32, 20),
  Q5_0: block(32, 22),
  Q5_1: block(32, 24),
  Q8_0: block(32, 34),
  Q2_K: block(256, 84),
  Q3_K: block(256, 110),
  Q4_K: block(256, 144),
  Q5_K: block(256, 176),
  Q6_K: block(256, 210),
  IQ4_NL: block(32, 18),
  IQ4_XS: block(256, 136),
  MXFP4: block(32, 17),
} as const satisfies Record<string, BlockLayout>;

/** A name of WEIGHT_TYPES, or one of the everyday aliases. */
export type WeightType = keyof typeof WEIGHT_TYPES;

const ALIASES: Readonly<Record<string, WeightType>> = {
  FLOAT64: 'F64',
  FP32: 'F32',
  FLOAT32: 'F32',
  FP16: 'F16',
  FLOAT16: 'F16',
  BFLOAT16: 'BF16',
  INT8: 'I8',
};

/** `fp16`, `float16`, `f16` → `F16`; `q4_1` → `Q4_1`; `Q4_K_M` → `Q4_K` (the type of most of its matrices). */
export function parseWeightType(name: string): WeightType {
  const upper = name.toUpperCase();
  const candidate = ALIASES[upper] ?? upper.replace(/_K_[SML]$/, '_K');
  if (isWeightType(candidate)) return candidate;
  throw new ConfigError(
    `parseWeightType: type: expected one of ${Object.keys(WEIGHT_TYPES).join(', ')}, got ${name}.`,
  );
}

function isWeightType(name: string): name is WeightType {
  return Object.hasOwn(WEIGHT_TYPES, name);
}

/** Average bytes of one weight. Exact for rows that are whole blocks. */
export function bytesPerWeight(type: WeightType): number {
  return WEIGHT_TYPES[type].bytes / WEIGHT_TYPES[type].weights;
}

/** Bytes of a matrix of `rows` × `columns`; each row is padded to whole blocks. */
export function matrixBytes(rows: number, columns: number, type: WeightType): number {
  const { weights, bytes } = WEIGHT_TYPES[type];
  return rows * Math.ceil(columns / weights) * bytes;
}
