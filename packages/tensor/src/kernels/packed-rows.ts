// Keys and values in 8 or 4 bits a number, as rows of int32 words: of each group of numbers its scale, and with
// 4 bits its smallest number, as the bits of floats; then the codes, up to a whole word. A group is 32 numbers,
// or the whole row where 32 does not divide it. 8 bits: x = q s, s = max|x| / 127. 4 bits: x = q s + m, m = min x,
// s = (max x − m) / 15, byte i of a group with number i in its low half and i + group / 2 in its high one. The
// same bits as native/kernels/kv_cache/packed_rows.h.
import * as tf from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';

export type CacheBits = 8 | 4;

export type PackedRowAttrs = {
  /** Numbers of a row. */
  columns: number;
  bits: CacheBits;
};

const groupOf = (columns: number): number => (columns % 32 === 0 ? 32 : columns);

const scaleWords = ({ columns, bits }: PackedRowAttrs): number =>
  (columns / groupOf(columns)) * (bits === 4 ? 2 : 1);

/** Words of a row. */
export function packedWords(attrs: PackedRowAttrs): number {
  return scaleWords(attrs) + Math.ceil((attrs.columns * attrs.bits) / 32);
}

/** {x [.., D]} → int32 [.., words] */
export const packRows = composite<PackedRowAttrs>('PackRows', (inputs, attrs) => {
  const x = required(inputs, 'x');
  const values = x.dataSync<'float32'>();
  const words = packedWords(attrs);
  const rows = values.length / attrs.columns;
  const packed = new Int32Array(rows * words);
  for (let i = 0; i < rows; i++) {
    const row = values.subarray(i * attrs.columns, (i + 1) * attrs.columns);
    packRow(row, packed.subarray(i * words, (i + 1) * words), attrs);
  }
  return tf.tensor(packed, [...x.shape.slice(0, -1), words], 'int32');
});

/** {packed int32 [.., words]} → float32 [.., D] */
export const unpackRows = composite<PackedRowAttrs>('UnpackRows', (inputs, attrs) => {
  const packed = required(inputs, 'packed');
  const values = packed.dataSync<'int32'>();
  const words = packedWords(attrs);
  const rows = values.length / words;
  const x = new Float32Array(rows * attrs.columns);
  for (let i = 0; i < rows; i++) {
    const row = x.subarray(i * attrs.columns, (i + 1) * attrs.columns);
    unpackRow(values.slice(i * words, (i + 1) * words), row, attrs);
  }
  return tf.tensor(x, [...packed.shape.slice(0, -1), attrs.columns], 'float32');
});

function packRow(x: Float32Array, words: Int32Array, attrs: PackedRowAttrs): void {
  const group = groupOf(attrs.columns);
  const scales = new Float32Array(words.buffer, words.byteOffset, scaleWords(attrs));
  const codes = new Uint8Array(words.buffer, words.byteOffset + scales.byteLength);
  for (let g = 0; g * group < x.length; g++) {
    const own = x.subarray(g * group, (g + 1) * group);
    if (attrs.bits === 8) {
      scales[g] = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127;
      for (const [i, value] of own.entries()) codes[g * group + i] = codeOf(value, 0, scales[g]!);
      continue;
    }
    const low = own.reduce((least, value) => Math.min(least, value));
    const high = own.reduce((most, value) => Math.max(most, value));
    scales.set([Math.fround(high - low) / 15, low], 2 * g);
    const scale = scales[2 * g]!;
    for (let i = 0; i < group / 2; i++) {
      const [first, second] = [own[i]!, own[group / 2 + i]!].map((x) => codeOf(x, low, scale));
      codes[(g * group) / 2 + i] = first! | (second! << 4);
    }
  }
}

function unpackRow(words: Int32Array, x: Float32Array, attrs: PackedRowAttrs): void {
  const group = groupOf(attrs.columns);
  const scales = new Float32Array(words.buffer, words.byteOffset, scaleWords(attrs));
  const codes = new Uint8Array(words.buffer, words.byteOffset + scales.byteLength);
  for (let g = 0; g * group < x.length; g++) {
    const at = g * group;
    if (attrs.bits === 8) {
      for (let i = at; i < at + group; i++) x[i] = ((codes[i]! << 24) >> 24) * scales[g]!;
      continue;
    }
    const [scale, low] = [scales[2 * g]!, scales[2 * g + 1]!];
    for (let i = 0; i < group / 2; i++) {
      const both = codes[at / 2 + i]!;
      x[at + i] = Math.fround((both & 15) * scale) + low;
      x[at + group / 2 + i] = Math.fround((both >> 4) * scale) + low;
    }
  }
}

/** The nearest integer of (x − low) / scale, ties to even; 0 for a scale of 0. */
function codeOf(x: number, low: number, scale: number): number {
  const quotient = Math.fround(Math.fround(x - low) / scale);
  if (!(quotient >= -128 && quotient <= 127.5)) return 0;
  const floor = Math.floor(quotient);
  const rest = quotient - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
