// The first columns of a QR decomposition by Householder reflections, in float64, with LAPACK's signs: R's diagonal
// entry has the opposite sign of the entry it replaces, which may make it negative.

/** The first `rank` columns of Q in W = Q·R, orthonormal.
 *  @param values W [rows, columns], row after row; rank ≤ min(rows, columns)
 *  @returns [rows, rank], row after row */
export function orthonormalColumns(
  values: ArrayLike<number>,
  [rows, columns]: readonly [number, number],
  rank: number,
): Float64Array {
  const work = Array.from({ length: rank }, (_, j) =>
    Float64Array.from({ length: rows }, (_, i) => values[i * columns + j] as number),
  );
  const reflectors: Float64Array[] = [];
  for (let k = 0; k < rank; k++) {
    for (const [i, v] of reflectors.entries()) reflect(work[k]!, v, i);
    reflectors.push(reflector(work[k]!, k));
  }
  const q = new Float64Array(rows * rank);
  for (let j = 0; j < rank; j++) {
    const column = new Float64Array(rows);
    column[j] = 1;
    for (let k = rank - 1; k >= 0; k--) reflect(column, reflectors[k]!, k);
    for (let i = 0; i < rows; i++) q[i * rank + j] = column[i]!;
  }
  return q;
}

/** v of I − 2vvᵀ/(vᵀv), which maps x's entries from `start` on to (β, 0, …); the entries before are 0. */
function reflector(x: Float64Array, start: number): Float64Array {
  const v = new Float64Array(x.length);
  for (let i = start; i < x.length; i++) v[i] = x[i]!;
  if (v.subarray(start + 1).every((value) => value === 0)) return v.fill(0); // nothing to do: LAPACK's I
  const norm = euclidean(v);
  v[start]! += x[start]! < 0 ? -norm : norm;
  return v;
}

/** x ← (I − 2vvᵀ/(vᵀv))·x, where v is 0 before `start`. A zero v leaves x. */
function reflect(x: Float64Array, v: Float64Array, start: number): void {
  let square = 0;
  let dot = 0;
  for (let i = start; i < x.length; i++) {
    square += v[i]! * v[i]!;
    dot += v[i]! * x[i]!;
  }
  if (square === 0) return;
  const factor = (2 * dot) / square;
  for (let i = start; i < x.length; i++) x[i]! -= factor * v[i]!;
}

/** ‖x‖ */
export function euclidean(x: Float64Array): number {
  return Math.sqrt(x.reduce((sum, value) => sum + value * value, 0));
}
