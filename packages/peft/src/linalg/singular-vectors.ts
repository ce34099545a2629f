// The largest singular values of a matrix with their vectors.

import { type Generator, scope, tf, type Tensor } from '@llm/tensor';
import { euclidean, orthonormalColumns } from './householder.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

/** W ≈ U·diag(values)·Vᵀ, the largest first; the signs of a pair of vectors are arbitrary. */
export interface TopSingular {
  /** [rows, rank], row after row */
  readonly u: Float64Array;
  readonly values: Float64Array;
  /** [rank, columns], row after row */
  readonly vt: Float64Array;
}

/**
 * The `rank` largest singular values and their vectors, from the eigenvectors of W·Wᵀ or Wᵀ·W, whichever is smaller,
 * in float64. Values below 1e-8 of the largest are not exact.
 * @param w [rows, columns]; rank ≤ min(rows, columns)
 */
export function topSingular(w: Tensor, rank: number): TopSingular {
  const [rows = 0, columns = 0] = w.shape;
  const values = Float64Array.from(w.dataSync<'float32'>());
  if (rows > columns) {
    const flipped = fromRows(transposed(values, rows, columns), [columns, rows], rank);
    return {
      u: transposed(flipped.vt, rank, rows),
      values: flipped.values,
      vt: transposed(flipped.u, columns, rank),
    };
  }
  return fromRows(values, [rows, columns], rank);
}

/** As topSingular, for rows ≤ columns. */
function fromRows(
  w: Float64Array,
  [rows, columns]: readonly [number, number],
  rank: number,
): TopSingular {
  const eigen = symmetricEigen(gram(w, rows, columns), rows);
  const u = new Float64Array(rows * rank);
  const vt = new Float64Array(rank * columns);
  const values = new Float64Array(rank);
  for (let k = 0; k < rank; k++) {
    const vector = eigen.vectors[rows - 1 - k]!;
    for (let i = 0; i < rows; i++) u[i * rank + k] = vector[i]!;
    const row = vt.subarray(k * columns, (k + 1) * columns); // Wᵀ·u, of length σ
    for (let i = 0; i < rows; i++) addScaled(row, w.subarray(i * columns), vector[i]!);
    values[k] = euclidean(row);
    if (values[k]! > 0) for (let j = 0; j < columns; j++) row[j]! /= values[k]!;
  }
  return { u, values, vt };
}

/**
 * As topSingular, by `iterations` rounds of multiplying random vectors with W and Wᵀ (Halko, Martinsson and Tropp 2011,
 * arXiv 0909.4061, algorithm 4.4): much faster for a small rank, and close.
 */
export function approximateTopSingular(
  w: Tensor,
  rank: number,
  { iterations, generator }: { iterations: number; generator: Generator },
): TopSingular {
  const [, columns = 0] = w.shape;
  const orthonormal = (x: Tensor): Tensor => {
    const [n = 0] = x.shape;
    const q = orthonormalColumns(x.dataSync<'float32'>(), [n, rank], rank);
    return tf.tensor2d(Float32Array.from(q), [n, rank]);
  };
  let top!: TopSingular;
  scope(() => {
    let q = orthonormal(tf.matMul(w, generator.normal([columns, rank]))); // [rows, rank]
    for (let i = 0; i < iterations; i++) {
      q = orthonormal(tf.matMul(w, orthonormal(tf.matMul(w, q, true))));
    }
    const small = topSingular(tf.matMul(q, w, true), rank); // Qᵀ·W, [rank, columns]
    const rotation = tf.tensor2d(Float32Array.from(small.u), [rank, rank]);
    top = { ...small, u: Float64Array.from(tf.matMul(q, rotation).dataSync()) };
  });
  return top;
}

/** W·Wᵀ */
function gram(w: Float64Array, rows: number, columns: number): Float64Array {
  const product = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    const a = w.subarray(i * columns, (i + 1) * columns);
    for (let j = 0; j <= i; j++) {
      const start = j * columns;
      let sum = 0;
      for (let k = 0; k < columns; k++) sum += a[k]! * w[start + k]!;
      product[i * rows + j] = sum;
    }
  }
  return product;
}

function addScaled(target: Float64Array, source: Float64Array, factor: number): void {
  for (let j = 0; j < target.length; j++) target[j]! += factor * source[j]!;
}

function transposed(values: Float64Array, rows: number, columns: number): Float64Array {
  const result = new Float64Array(values.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j]!;
  }
  return result;
}
