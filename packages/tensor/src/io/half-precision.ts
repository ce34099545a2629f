/** 16-bit floats to float32, exactly. */

/** The float32 of every float16 (IEEE 754 binary16), by its bits. Made on first use: 256 KiB. */
let table: Float32Array | undefined;

export function float16Table(): Float32Array {
  if (table !== undefined) return table;
  const bits = new Uint32Array(2 ** 16);
  for (let half = 0; half < bits.length; half++) bits[half] = float32BitsOfFloat16(half);
  return (table = new Float32Array(bits.buffer));
}

function float32BitsOfFloat16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13); // infinity, NaN
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal, fraction · 2^-24: shift until the leading one leaves the fraction's ten bits.
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

export function float16ToFloat32(halves: Uint16Array): Float32Array {
  const values = float16Table();
  const out = new Float32Array(halves.length);
  for (let i = 0; i < out.length; i++) out[i] = values[halves[i] as number] as number;
  return out;
}

/** bfloat16 is the upper half of a float32. */
export function bfloat16ToFloat32(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < bits.length; i++) bits[i] = (halves[i] as number) << 16;
  return new Float32Array(bits.buffer);
}
