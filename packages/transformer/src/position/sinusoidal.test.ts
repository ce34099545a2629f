import { describe, expect, it } from 'vitest';
import { sinusoidalPositions } from './sinusoidal.ts';

describe('sinusoidalPositions', () => {
  it('is sines, then cosines, of position · 10000^(−2i/C)', () => {
    const table = sinusoidalPositions(3, 4);
    const row = Array.from(table.subarray(8), (x) => Number(x.toFixed(6)));
    expect(row).toEqual([0.909297, 0.019999, -0.416147, 0.9998]); // sin 2, sin 0.02, cos 2, cos 0.02
  });
});
