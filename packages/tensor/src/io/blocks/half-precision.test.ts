import { describe, expect, it } from 'vitest';
import { bfloat16ToFloat32, float16Table, float16ToFloat32 } from './half-precision.ts';

/** The definition: (−1)^s · 2^(e−15) · (1 + f / 1024), and subnormals f · 2^-24. */
function float16Value(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

describe('float16', () => {
  it('follows its definition for every bit pattern', () => {
    const table = float16Table();
    for (let half = 0; half < 65536; half++) {
      if (!Object.is(table[half], float16Value(half))) {
        expect([half, table[half]]).toEqual([half, float16Value(half)]);
      }
    }
    expect([...float16ToFloat32(Uint16Array.of(0x3c00, 0x7bff, 1))]).toEqual([1, 65504, 2 ** -24]);
  });
});

describe('bfloat16', () => {
  it('is the upper half of a float32', () => {
    // 1 = 0x3f800000, −2 = 0xc0000000, 0x3eab0000 = 0.333984375
    const halves = Uint16Array.of(0x3f80, 0xc000, 0x3eab, 0x7f80);
    expect([...bfloat16ToFloat32(halves)]).toEqual([1, -2, 0.333984375, Infinity]);
  });
});
