/** Finding the scale (and minimum) of one group of a K block, and its integers. Formulas: ggml-quants.c
 *  `make_qkx2_quants`, `make_qx_quants` (rmse_type 1) and `make_q3_quants`. Every operation rounds to
 *  float32 and sums run in the order of the elements: that decides ties, and so the bytes. */

const f32 = Math.fround;

/** A group below this is stored as zeros. */
const ALL_ZERO = f32(1e-15);

const roundingFloat = new Float32Array(1);
const roundingBits = new Int32Array(roundingFloat.buffer);

/** The nearest integer, ties to even, for |x| up to 2^22: 1.5·2^23 has units of 1, so adding it rounds. */
export function nearestInt(x: number): number {
  roundingFloat[0] = x + 12582912;
  return (roundingBits[0]! & 0x7fffff) - 0x400000;
}

export function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

/** The value of largest magnitude, the first of equals. */
export function extremeOf(values: Float32Array): number {
  let extreme = 0;
  for (const value of values) if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  return extreme;
}

/** y = scale·q − min, min ≥ 0. */
export interface AffineFit {
  readonly scale: number;
  readonly min: number;
}

/** How `fitAffine` searches: scales of maxQuant + first + step·k over the group's range, k = 0 … last. */
export interface AffineSearch {
  /** q is 0 … maxQuant. */
  readonly maxQuant: number;
  readonly first: number;
  readonly last: number;
  /** The error is |difference|, else its square. */
  readonly isAbsolute: boolean;
}

const STEP = f32(0.1);

interface Group {
  readonly x: Float32Array;
  readonly weights: Float32Array;
}

/** y = scale·q − min. For each candidate scale the integers are rounded, then scale and minimum come
 *  from weighted least squares over them; the smallest weighted error wins. Writes the integers to
 *  `quants`. */
export function fitAffine(group: Group, search: AffineSearch, quants: Uint8Array): AffineFit {
  const { x } = group;
  const { maxQuant, first, last, isAbsolute } = search;
  const sums = sumGroup(group);
  const { max } = sums;
  let { min } = sums;
  if (max === min) {
    quants.fill(0);
    return { scale: 0, min: -min };
  }
  const firstInverse = f32(maxQuant / f32(max - min));
  let scale = f32(1 / firstInverse);
  roundAffine(x, firstInverse, min, maxQuant, quants);
  let best = affineError(group, quants, scale, min, isAbsolute);
  const candidate = new Uint8Array(x.length); // rounded from the best minimum so far
  for (let k = 0; k <= last; k++) {
    const inverse = f32(f32(f32(first + f32(STEP * k)) + maxQuant) / f32(max - min));
    roundAffine(x, inverse, min, maxQuant, candidate);
    const line = fitLine(group, sums, candidate);
    if (line === undefined) continue;
    const error = affineError(group, candidate, line.scale, line.min, isAbsolute);
    if (!(error < best)) continue;
    quants.set(candidate);
    best = error;
    ({ scale, min } = line);
  }
  return { scale, min: -min };
}

interface GroupSums {
  /** At most 0. */
  readonly min: number;
  readonly max: number;
  /** Σw and Σw·x. */
  readonly w: number;
  readonly wx: number;
}

function sumGroup({ x, weights }: Group): GroupSums {
  let min = x[0]!;
  let max = x[0]!;
  let w = weights[0]!;
  let wx = f32(w * x[0]!);
  for (let i = 1; i < x.length; i++) {
    if (x[i]! < min) min = x[i]!;
    if (x[i]! > max) max = x[i]!;
    w = f32(w + weights[i]!);
    wx = f32(wx + f32(weights[i]! * x[i]!));
  }
  return { min: min > 0 ? 0 : min, max, w, wx };
}

/** Weighted least squares of x = scale·l + min with min ≤ 0; undefined where all l are alike. */
function fitLine(
  { x, weights }: Group,
  sums: GroupSums,
  quants: Uint8Array,
): AffineFit | undefined {
  let l = 0;
  let ll = 0;
  let xl = 0;
  for (let i = 0; i < x.length; i++) {
    const weighted = f32(weights[i]! * quants[i]!);
    l = f32(l + weighted);
    ll = f32(ll + f32(weighted * quants[i]!));
    xl = f32(xl + f32(weighted * x[i]!));
  }
  const determinant = f32(f32(sums.w * ll) - f32(l * l));
  if (!(determinant > 0)) return undefined;
  const min = f32(f32(f32(ll * sums.wx) - f32(l * xl)) / determinant);
  if (min > 0) return { scale: f32(xl / ll), min: 0 };
  return { scale: f32(f32(f32(sums.w * xl) - f32(sums.wx * l)) / determinant), min };
}

function affineError(
  { x, weights }: Group,
  quants: Uint8Array,
  scale: number,
  min: number,
  isAbsolute: boolean,
): number {
  let error = 0;
  for (let i = 0; i < x.length; i++) {
    const difference = f32(f32(f32(scale * quants[i]!) + min) - x[i]!);
    const loss = isAbsolute ? Math.abs(difference) : f32(difference * difference);
    error = f32(error + f32(weights[i]! * loss));
  }
  return error;
}

function roundAffine(
  x: Float32Array,
  inverse: number,
  min: number,
  max: number,
  to: Uint8Array,
): void {
  for (let i = 0; i < x.length; i++) {
    to[i] = clamp(nearestInt(f32(inverse * f32(x[i]! - min))), 0, max);
  }
}

/** y = scale·(q − max), q in 0 … 2·max − 1: nineteen candidate scales around the one that maps the
 *  largest element to −max, with weights x². Writes q. */
export function fitSymmetric(x: Float32Array, max: number, quants: Int8Array): number {
  const extreme = extremeOf(x);
  if (Math.abs(extreme) < ALL_ZERO) {
    quants.fill(0);
    return 0;
  }
  const firstInverse = f32(-max / extreme);
  storeSymmetric(x, firstInverse, max, quants);
  let sums = correlate(x, firstInverse, max);
  let scale = sums.withSelf !== 0 ? f32(sums.withX / sums.withSelf) : 0;
  let best = f32(scale * sums.withX);
  for (let k = -9; k <= 9; k++) {
    if (k === 0) continue;
    const inverse = f32(-f32(max + f32(STEP * k)) / extreme);
    sums = correlate(x, inverse, max);
    const isBetter = sums.withSelf > 0 && f32(sums.withX * sums.withX) > f32(best * sums.withSelf);
    if (!isBetter) continue;
    storeSymmetric(x, inverse, max, quants);
    scale = f32(sums.withX / sums.withSelf);
    best = f32(scale * sums.withX);
  }
  return scale;
}

/** The same ranges, by coordinate descent: up to five rounds in which each integer moves to where the
 *  weighted correlation with x grows. */
export function fitSymmetricByDescent(x: Float32Array, max: number, quants: Int8Array): number {
  const ROUNDS = 5;
  const extreme = extremeOf(x);
  if (Math.abs(extreme) < ALL_ZERO) {
    quants.fill(0);
    return 0;
  }
  const inverse = f32(-max / extreme);
  const sums: Correlation = { withX: 0, withSelf: 0 };
  for (let i = 0; i < x.length; i++) {
    quants[i] = roundSymmetric(x[i]!, inverse, max);
    addTo(sums, x[i]!, quants[i]!);
  }
  for (let round = 0; round < ROUNDS && descend(x, max, quants, sums); round++);
  for (let i = 0; i < x.length; i++) quants[i] = quants[i]! + max;
  return sums.withSelf > 0 ? f32(sums.withX / sums.withSelf) : 0;
}

/** Σw·x·l and Σw·l·l for integers l, w = x². */
interface Correlation {
  withX: number;
  withSelf: number;
}

function addTo(sums: Correlation, x: number, l: number): void {
  const w = f32(x * x);
  sums.withX = f32(sums.withX + f32(f32(w * x) * l));
  sums.withSelf = f32(sums.withSelf + f32(f32(w * l) * l));
}

function roundSymmetric(x: number, inverse: number, max: number): number {
  return clamp(nearestInt(f32(inverse * x)), -max, max - 1);
}

function correlate(x: Float32Array, inverse: number, max: number): Correlation {
  const sums: Correlation = { withX: 0, withSelf: 0 };
  for (const value of x) addTo(sums, value, roundSymmetric(value, inverse, max));
  return sums;
}

function storeSymmetric(x: Float32Array, inverse: number, max: number, quants: Int8Array): void {
  for (let i = 0; i < x.length; i++) quants[i] = max + roundSymmetric(x[i]!, inverse, max);
}

/** Moves each integer to the best place given the others; whether one moved. */
function descend(x: Float32Array, max: number, levels: Int8Array, sums: Correlation): boolean {
  let hasMoved = false;
  for (let i = 0; i < x.length; i++) {
    const w = f32(x[i]! * x[i]!);
    const wx = f32(w * x[i]!);
    const level = levels[i]!;
    let withX = f32(sums.withX - f32(wx * level));
    if (!(withX > 0)) continue;
    let withSelf = f32(sums.withSelf - f32(f32(w * level) * level));
    const moved = clamp(nearestInt(f32(f32(x[i]! * withSelf) / withX)), -max, max - 1);
    if (moved === level) continue;
    withX = f32(withX + f32(wx * moved));
    withSelf = f32(withSelf + f32(f32(w * moved) * moved));
    const before = f32(f32(sums.withX * sums.withX) * withSelf);
    const isBetter = withSelf > 0 && f32(f32(withX * withX) * sums.withSelf) > before;
    if (!isBetter) continue;
    levels[i] = moved;
    sums.withX = withX;
    sums.withSelf = withSelf;
    hasMoved = true;
  }
  return hasMoved;
}
