// Linear layers in 8-bit integers, the plain way. Every row of x and of the weight is rounded to q = round(v / scale) with
// scale = its largest |v| / 127; y = (sum of products of q) · scale of x · scale of the weight + bias. Sums of integers are
// exact and the rest is a few float32 operations, so every backend and processor gives the same bits (see
// native/kernels/int8_linear). bytes: int8 values, one an element (dtype bool, as tfjs has no int8), each row padded with
// zeros to whole 64 bytes.
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { composite, required } from './composite.ts';

export type Int8Attrs = { columns: number };

/** Rows below count as zeros: 127 / value would overflow. */
const SMALLEST = Math.fround(1e-30);
/** 127 · 127 · 1024 is below 2^24, where float32 still counts one by one. */
const EXACT_COLUMNS = 1024;

/** Bytes of a row. */
export function int8Stride(columns: number): number {
  return Math.ceil(columns / 64) * 64;
}

/** {x [O, I]} → [bytes [O, stride], scales [O], offsets int32 [O]: −128 · the row's sum, for processors that multiply
 *  unsigned by signed bytes] */
export const int8Quantize = composite('Int8Quantize', (inputs) => {
  const x = required(inputs, 'x');
  const [rows, columns] = x.shape as [number, number];
  const { q, scales } = roundRows(x.dataSync() as Float32Array, rows, columns);
  const stride = int8Stride(columns);
  const bytes = new Uint8Array(rows * stride);
  const offsets = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const values = q.subarray(row * columns, (row + 1) * columns);
    bytes.set(values, row * stride); // wraps to two's complement
    offsets[row] = -128 * values.reduce((sum, value) => sum + value, 0);
  }
  return [
    tf.tensor2d(bytes, [rows, stride], 'bool'),
    tf.tensor1d(scales),
    tf.tensor1d(offsets, 'int32'),
  ];
});

/** {bytes, scales} → float32 [O, I] */
export const int8Dequantize = composite<Int8Attrs>('Int8Dequantize', (inputs, { columns }) => {
  const values = integers(required(inputs, 'bytes'), columns); // [O, I]
  return tf.mul(values, tf.expandDims(required(inputs, 'scales'), 1));
});

/** {x [.., I], bytes, scales, offsets, bias? [O]} → [.., O] */
export const int8Linear = composite<Int8Attrs>('Int8Linear', (inputs, { columns }) => {
  const x = required(inputs, 'x');
  const rows = columns === 0 ? tf.util.sizeFromShape(x.shape.slice(0, -1)) : x.size / columns;
  const { q, scales } = roundRows(x.dataSync() as Float32Array, rows, columns);
  const left = tf.tensor2d(Float32Array.from(q), [rows, columns]);
  const right = integers(required(inputs, 'bytes'), columns);
  const outputs = right.shape[0]!;
  let sum: Tensor = tf.zeros([rows, outputs], 'int32');
  for (let k = 0; k < columns; k += EXACT_COLUMNS) {
    const depth = Math.min(EXACT_COLUMNS, columns - k);
    const part = (operand: Tensor): Tensor => tf.slice(operand, [0, k], [operand.shape[0]!, depth]);
    sum = tf.add(sum, tf.cast(tf.matMul(part(left), part(right), false, true), 'int32'));
  }
  const scale = tf.mul(tf.tensor2d(scales, [rows, 1]), required(inputs, 'scales')); // [M, O]
  const y = tf.mul(tf.cast(sum, 'float32'), scale);
  const shape = [...x.shape.slice(0, -1), outputs];
  return tf.reshape(inputs['bias'] ? tf.add(y, inputs['bias']) : y, shape);
});

/** The integers of a weight as float32 [O, I]. */
function integers(bytes: Tensor, columns: number): Tensor {
  const [rows, stride] = bytes.shape as [number, number];
  const values = Float32Array.from(bytes.dataSync(), (byte) => (byte << 24) >> 24);
  return tf.slice(tf.tensor2d(values, [rows, stride]), [0, 0], [rows, columns]);
}

function roundRows(
  values: Float32Array,
  rows: number,
  columns: number,
): { q: Int8Array; scales: Float32Array } {
  const q = new Int8Array(rows * columns);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    const largest = largestOf(values.subarray(from, from + columns));
    scales[row] = largest > SMALLEST ? largest / 127 : largest * 0; // a NaN stays one
    if (!(largest > SMALLEST)) continue;
    const inverse = Math.fround(127 / largest);
    for (let i = from; i < from + columns; i++) {
      q[i] = roundHalfEven(Math.fround(values[i]! * inverse));
    }
  }
  return { q, scales };
}

/** The largest |value|; NaN where one is NaN or infinite. */
function largestOf(row: Float32Array): number {
  return row.reduce((largest, value) => Math.max(largest, Math.abs(value) + value * 0), 0);
}

function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}
