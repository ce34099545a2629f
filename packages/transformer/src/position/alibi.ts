// ALiBi (Press et al. 2021): no positions in the embeddings; scores fall with distance, in each head at
// a slope of its own. The result is a `bias` of attention.
import { tf, type Tensor } from '@llm/tensor';

/** The slopes of H heads: powers of 2^(−8/n) for n the power of two at or below H, then every other
 *  one of twice as many. */
export function alibiSlopes(heads: number): number[] {
  const powers = (n: number): number[] =>
    Array.from({ length: n }, (_, i) => 2 ** ((-8 * (i + 1)) / n));
  const n = 2 ** Math.floor(Math.log2(heads));
  const between = powers(2 * n).filter((_, i) => i % 2 === 0);
  return [...powers(n), ...between.slice(0, heads - n)];
}

/** −slope · |query − key| for `length` queries after `past` keys: [1, H, T, past + T]. */
export function alibiBias(heads: number, past: number, length: number): Tensor {
  const total = past + length;
  const slopes = alibiSlopes(heads);
  const values = Float32Array.from({ length: heads * length * total }, (_, i) => {
    const key = i % total;
    const query = past + (Math.floor(i / total) % length);
    return -slopes[Math.floor(i / (total * length))]! * Math.abs(query - key);
  });
  return tf.tensor4d(values, [1, heads, length, total]);
}
