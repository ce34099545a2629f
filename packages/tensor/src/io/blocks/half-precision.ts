/** 16-bit floats to float32, exactly, and back, to the nearest (ties to even). */

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

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/** The nearest float16's bits, ties to even; infinite from 65520 on. */
export function float16Bits(value: number): number {
  float[0] = value;
  const sign = (floatBits[0]! >>> 16) & 0x8000;
  const magnitude = floatBits[0]! & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x47800000) return sign | 0x7c00; // 65536 and more
  if (magnitude < 0x38800000) {
    // Below 2^-14. A float32 of 0.5 has units of 2^-24, so adding it rounds.
    float[0] = Math.abs(float[0]) + 0.5;
    return sign | (floatBits[0]! - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1) - (112 << 23);
  return sign | (rounded >>> 13);
}

export function float32ToFloat16(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, float16Bits);
}

/** The nearest bfloat16, ties to even; NaN stays NaN. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(bits, (word) => {
    if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 64;
    return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
}
