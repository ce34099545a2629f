// The numbers that both sides of a fixture make for themselves; the same hash as hashed() in
// tools/fixtures/fused_ops.py.

/** Uniform in [−scale, scale), the same for the same seed everywhere. */
export function hashed(length: number, seed: number, scale: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => (hash(i + 1, seed) / 2 ** 31 - 1) * scale);
}

/** Uniform over 0 … 2³² − 1 (the multipliers are those of Wellons' "lowbias32" family). */
function hash(i: number, seed: number): number {
  let h = (Math.imul(i, 0x9e3779b1) + Math.imul(seed, 0x85ebca6b)) >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}
