import { describe, expect, it } from 'vitest';
import { heldOutWindows, windowBatches } from './held-out-windows.ts';

describe('heldOutWindows', () => {
  it('lays blocks side by side where the stride is the block', () => {
    expect(heldOutWindows(10, { blockLength: 4, stride: 4 })).toEqual([
      { start: 0, length: 4, skip: 0 },
      { start: 4, length: 4, skip: 0 },
      { start: 8, length: 2, skip: 0 },
    ]);
  });

  it('predicts every token once in windows that overlap, and stops at the end', () => {
    expect(heldOutWindows(8, { blockLength: 5, stride: 2 })).toEqual([
      { start: 0, length: 5, skip: 0 }, // predicts 1 … 5
      { start: 2, length: 5, skip: 3 }, // 6, 7
      { start: 4, length: 4, skip: 3 }, // 8
    ]);
    for (const stride of [1, 2, 3, 5]) {
      const windows = heldOutWindows(23, { blockLength: 5, stride });
      expect(windows.reduce((sum, { length, skip }) => sum + length - skip, 0)).toBe(23);
    }
  });

  it('refuses a stride that would leave tokens out', () => {
    expect(() => heldOutWindows(8, { blockLength: 5, stride: 6 })).toThrow(
      'stride: expected a whole number from 1 to blockLength 5, got 6',
    );
  });
});

describe('windowBatches', () => {
  it('joins windows of one length', () => {
    const windows = heldOutWindows(10, { blockLength: 4, stride: 4 });
    expect(windowBatches(windows, 3).map((batch) => batch.length)).toEqual([2, 1]);
    expect(windowBatches(windows, 1).map((batch) => batch.length)).toEqual([1, 1, 1]);
  });
});
