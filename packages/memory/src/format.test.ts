import { describe, expect, it } from 'vitest';
import {
  formatBinaryBytes,
  formatBytes,
  formatGibibytes,
  formatGigabytes,
  formatShare,
  parseParameterCount,
} from './index.ts';

describe('format', () => {
  it('tells GB from GiB', () => {
    expect(formatGigabytes(14e9)).toBe('14.00 GB');
    expect(formatGibibytes(14e9)).toBe('13.04 GiB');
    expect(formatGibibytes(2 ** 30)).toBe('1.00 GiB');
  });

  it('chooses the unit that fits', () => {
    expect([512, 1500, 96_576_768, 14e9].map(formatBytes)).toEqual([
      ...['512 B', '1.50 kB', '96.58 MB', '14.00 GB'],
    ]);
    expect(formatBinaryBytes(96_576_768)).toBe('92.10 MiB');
    expect(formatBytes(999_999)).toBe('1.00 MB'); // not 1000.00 kB
  });

  it('writes shares as percentages', () => {
    expect(formatShare(0.8421)).toBe('84.2 %');
  });
});

describe('parseParameterCount', () => {
  it('reads K, M, B and T', () => {
    expect(['7B', '124M', '1.5b', '135000000'].map(parseParameterCount)).toEqual([
      ...[7e9, 124e6, 1.5e9, 135e6],
    ]);
    for (const wrong of ['', 'B', '-7B', '0M', '7BB'])
      expect(() => parseParameterCount(wrong)).toThrow();
  });
});
