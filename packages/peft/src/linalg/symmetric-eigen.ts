// All eigenvalues and eigenvectors of a symmetric matrix in float64: Householder reduction to a tridiagonal matrix,
// then QL steps with implicit shifts (Golub and Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3).

export interface SymmetricEigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** vectors[k] belongs to values[k]; unit length. */
  readonly vectors: readonly Float64Array[];
}

/** @param matrix [n, n], row after row; only its lower half is read. Overwritten. */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const rows = Array.from({ length: n }, (_, i) => matrix.subarray(i * n, (i + 1) * n));
  const { diagonal, offDiagonal } = tridiagonalize(rows);
  const basis = transpose(rows); // basis[k] is a column of Q: rotations then run along rows
  implicitQl(diagonal, offDiagonal, basis);
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[a]! - diagonal[b]!);
  return {
    values: Float64Array.from(order, (k) => diagonal[k]!),
    vectors: order.map((k) => basis[k]!),
  };
}

/** a ← Q with A = Q·T·Qᵀ; T's diagonal, and below it offDiagonal[i] = T[i][i − 1]. */
function tridiagonalize(a: Float64Array[]) {
  const n = a.length;
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const u = a[i]!;
    const scale = u.subarray(0, i).reduce((sum, x) => sum + Math.abs(x), 0);
    if (i === 1 || scale === 0) {
      offDiagonal[i] = u[i - 1]!;
      continue;
    }
    let h = 0;
    for (let k = 0; k < i; k++) {
      u[k]! /= scale;
      h += u[k]! * u[k]!;
    }
    const g = u[i - 1]! >= 0 ? -Math.sqrt(h) : Math.sqrt(h);
    offDiagonal[i] = scale * g;
    h -= u[i - 1]! * g;
    u[i - 1]! -= g;
    diagonal[i] = h; // for the accumulation below
    rankTwoUpdate(a, { u, h, size: i, p: offDiagonal });
    for (let j = 0; j < i; j++) a[j]![i] = u[j]! / h;
  }
  accumulate(a, diagonal);
  offDiagonal[0] = 0;
  return { diagonal, offDiagonal };
}

/** The leading block: A ← A − u·qᵀ − q·uᵀ with p = A·u/h, q = p − (uᵀp / 2h)·u. `p` is scratch. */
function rankTwoUpdate(
  a: Float64Array[],
  { u, h, size, p }: { u: Float64Array; h: number; size: number; p: Float64Array },
): void {
  p.fill(0, 0, size);
  for (let j = 0; j < size; j++) {
    const row = a[j]!;
    let sum = row[j]! * u[j]!;
    for (let k = 0; k < j; k++) {
      sum += row[k]! * u[k]!;
      p[k]! += row[k]! * u[j]!;
    }
    p[j]! += sum;
  }
  let dot = 0;
  for (let j = 0; j < size; j++) {
    p[j]! /= h;
    dot += p[j]! * u[j]!;
  }
  const half = dot / (h + h);
  for (let j = 0; j < size; j++) p[j]! -= half * u[j]!;
  for (let j = 0; j < size; j++) {
    const row = a[j]!;
    for (let k = 0; k <= j; k++) row[k]! -= u[j]! * p[k]! + p[j]! * u[k]!;
  }
}

/** Multiplies the reflections that `a` holds: a ← Q; diagonal ← T's. */
function accumulate(a: Float64Array[], diagonal: Float64Array): void {
  const n = a.length;
  diagonal[0] = 0;
  for (let i = 0; i < n; i++) {
    const u = a[i]!;
    if (diagonal[i] !== 0) {
      const dots = new Float64Array(i);
      for (let k = 0; k < i; k++) for (let j = 0; j < i; j++) dots[j]! += u[k]! * a[k]![j]!;
      for (let k = 0; k < i; k++) {
        const row = a[k]!;
        const factor = row[i]!;
        for (let j = 0; j < i; j++) row[j]! -= dots[j]! * factor;
      }
    }
    diagonal[i] = u[i]!;
    u.fill(0, 0, i);
    u[i] = 1;
    for (let j = 0; j < i; j++) a[j]![i] = 0;
  }
}

const MOST_STEPS = 60; // far more than the two or so that each eigenvalue takes

function implicitQl(d: Float64Array, e: Float64Array, basis: readonly Float64Array[]): void {
  const n = d.length;
  e.copyWithin(0, 1);
  e[n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (let step = 0; ; step++) {
      let m = l;
      while (m < n - 1 && !isNegligible(e[m]!, d[m]!, d[m + 1]!)) m++;
      if (m === l) break;
      if (step === MOST_STEPS) throw new RangeError('symmetricEigen: expected finite numbers.');
      qlStep(d, e, { basis, l, m });
    }
  }
}

const isNegligible = (off: number, a: number, b: number): boolean =>
  Math.abs(off) <= Number.EPSILON * (Math.abs(a) + Math.abs(b));

function qlStep(
  d: Float64Array,
  e: Float64Array,
  { basis, l, m }: { basis: readonly Float64Array[]; l: number; m: number },
): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  let r = Math.hypot(g, 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
  let [s, c, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    r = (d[i]! - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    rotate(basis[i]!, basis[i + 1]!, c, s);
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}

function rotate(x: Float64Array, y: Float64Array, c: number, s: number): void {
  for (let k = 0; k < x.length; k++) {
    const [a, b] = [x[k]!, y[k]!];
    y[k] = s * a + c * b;
    x[k] = c * a - s * b;
  }
}

function transpose(rows: readonly Float64Array[]): Float64Array[] {
  return rows.map((_, j) => Float64Array.from(rows, (row) => row[j]!));
}
