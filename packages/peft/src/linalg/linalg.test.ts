import { Generator, tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { orthonormalColumns } from './householder.ts';
import { approximateTopSingular, topSingular, type TopSingular } from './singular-vectors.ts';
import { symmetricEigen } from './symmetric-eigen.ts';

beforeAll(() => useBackend('native'));

/** A [m, k] · B [k, n] of flat float64 arrays. */
function product(a: ArrayLike<number>, b: ArrayLike<number>, [m, k, n]: [number, number, number]) {
  return Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let l = 0; l < k; l++) sum += a[i * k + l]! * b[l * n + j]!;
    return sum;
  });
}

const largest = (values: Iterable<number>) => Math.max(...Array.from(values, Math.abs));
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  largest(Array.from(a, (value, i) => value - b[i]!));

describe('symmetricEigen', () => {
  it('finds 1 and 3 of [[2, 1], [1, 2]], along (1, −1) and (1, 1)', () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 1, 2), 2);
    expect(difference(values, [1, 3])).toBeLessThan(1e-14);
    expect(vectors[0]![0]! / vectors[0]![1]!).toBeCloseTo(-1, 12);
    expect(vectors[1]![0]! / vectors[1]![1]!).toBeCloseTo(1, 12);
  });

  it.each([1, 2, 3, 7, 24])('takes a matrix of %i rows apart to float64', (n) => {
    const root = Float64Array.from(new Generator(n).normal([n, n]).dataSync());
    const at = (i: number, j: number) => root[i * n + j]! + root[j * n + i]!;
    const a = Float64Array.from({ length: n * n }, (_, k) => at(Math.floor(k / n), k % n));
    const { values, vectors } = symmetricEigen(a.slice(), n);
    for (const [k, v] of vectors.entries()) {
      const av = product(a, v, [n, n, 1]);
      expect(
        difference(
          av,
          v.map((x) => x * values[k]!),
        ),
      ).toBeLessThan(1e-13 * n);
      const dots = vectors.map((other) => product(other, v, [1, n, 1])[0]!);
      expect(
        difference(
          dots,
          dots.map((_, j) => (j === k ? 1 : 0)),
        ),
      ).toBeLessThan(1e-13 * n);
    }
    expect([...values]).toEqual([...values].sort((x, y) => x - y));
  });

  it('takes repeated and zero eigenvalues', () => {
    const { values } = symmetricEigen(Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0), 3);
    expect([...values]).toEqual([0, 1, 1]);
  });
});

describe('orthonormalColumns', () => {
  it('has the signs of LAPACK: the first column of Q is −a/‖a‖ where a begins positive', () => {
    // a = (3, 4), so q = (−0.6, −0.8); the second is orthogonal
    const q = orthonormalColumns([3, 1, 4, 0], [2, 2], 2);
    expect(difference(q, [-0.6, -0.8, -0.8, 0.6])).toBeLessThan(1e-14);
  });

  it('spans the first columns with orthonormal ones', () => {
    const w = Float64Array.from(new Generator(2).normal([6, 4]).dataSync());
    const q = orthonormalColumns(w, [6, 4], 3);
    const qt = Float64Array.from({ length: 18 }, (_, k) => q[(k % 6) * 3 + Math.floor(k / 6)]!);
    expect(difference(product(qt, q, [3, 6, 3]), [1, 0, 0, 0, 1, 0, 0, 0, 1])).toBeLessThan(1e-14);
    const firstThree = Float64Array.from(
      { length: 18 },
      (_, k) => w[Math.floor(k / 3) * 4 + (k % 3)]!,
    );
    const back = product(q, product(qt, firstThree, [3, 6, 3]), [6, 3, 3]); // Q·Qᵀ·W₃ = W₃
    expect(difference(back, firstThree)).toBeLessThan(1e-14);
  });
});

function restored({ u, values, vt }: TopSingular, [m, r, n]: [number, number, number]) {
  return product(
    u.map((x, k) => x * values[k % r]!),
    vt,
    [m, r, n],
  );
}

describe('topSingular', () => {
  it.each([
    [5, 9],
    [9, 5],
    [6, 6],
  ])('of all ranks gives [%i, %i] back', (m, n) => {
    const w = new Generator(3).normal([m, n]);
    const r = Math.min(m, n);
    expect(difference(restored(topSingular(w, r), [m, r, n]), w.dataSync())).toBeLessThan(1e-12);
  });

  it('leaves the smallest error that its rank allows: the next singular value', () => {
    // diag(4, 2, 1) between orthonormal columns: of rank 2 the error is 1 · u₃v₃ᵀ
    const w = tf.tensor2d([0, 4, 0, 2, 0, 0, 0, 0, 1], [3, 3]);
    const top = topSingular(w, 2);
    expect(difference(top.values, [4, 2])).toBeLessThan(1e-14);
    expect(difference(restored(top, [3, 2, 3]), [0, 4, 0, 2, 0, 0, 0, 0, 0])).toBeLessThan(1e-14);
  });

  it('is found by iterations, too', () => {
    const decay = tf.pow(0.7, tf.range(0, 24)); // of the columns, so that the values differ
    const w = tf.mul(new Generator(4).normal([40, 24]), decay);
    const exact = topSingular(w, 3);
    const close = approximateTopSingular(w, 3, { iterations: 16, generator: new Generator(5) });
    expect(difference(close.values, exact.values)).toBeLessThan(1e-5);
    const [a, b] = [exact, close].map((top) => restored(top, [40, 3, 24]));
    expect(difference(a!, b!)).toBeLessThan(1e-3); // vectors err by (σ₄/σ₃)^(2·16), values by its square
  });
});
