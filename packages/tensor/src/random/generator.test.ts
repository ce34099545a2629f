import { beforeAll, describe, expect, it } from 'vitest';
import { useBackend } from '../backends/use-backend.ts';
import { Generator } from './generator.ts';

beforeAll(() => useBackend('cpu'));

const SAMPLES = 40_000;

function moments(values: ArrayLike<number>) {
  const all = Array.from(values);
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
  const variance = all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length;
  return { mean, std: Math.sqrt(variance), min: Math.min(...all), max: Math.max(...all) };
}

describe('Generator', () => {
  it('repeats itself from a seed and from a saved state', () => {
    const a = new Generator(3);
    const first = [...a.normal([7]).dataSync()];
    const state = a.getState();
    const second = [...a.normal([7]).dataSync()];
    expect([...new Generator(3).normal([7]).dataSync()]).toEqual(first);
    expect(second).not.toEqual(first);
    const b = new Generator(0);
    b.setState(state);
    expect([...b.normal([7]).dataSync()]).toEqual(second);
  });

  it('keeps its bits: a change of them would break every recorded seed', () => {
    const generator = new Generator(1234);
    // Word i of the Philox stream: (word >>> 8) · 2^-24. From an independent
    // Python implementation of the ten rounds.
    expect([...generator.uniform([3]).dataSync()].map((x) => x * 2 ** 24)).toEqual([
      2134195, 14318832, 4456848,
    ]);
  });

  it('draws uniform numbers with the right moments', () => {
    const { mean, std, min, max } = moments(new Generator(1).uniform([SAMPLES], -2, 4).dataSync());
    // Standard error of the mean: 6/√12/√40000 ≈ 0.0087; four of them.
    expect(Math.abs(mean - 1)).toBeLessThan(0.035);
    expect(Math.abs(std - 6 / Math.sqrt(12))).toBeLessThan(0.03);
    expect(min).toBeGreaterThanOrEqual(-2);
    expect(max).toBeLessThanOrEqual(4);
    expect(max - min).toBeGreaterThan(5.99);
  });

  it('draws normal numbers with the right moments', () => {
    const { mean, std, max } = moments(new Generator(2).normal([SAMPLES], 3, 0.5).dataSync());
    expect(Math.abs(mean - 3)).toBeLessThan(0.01); // four standard errors
    expect(Math.abs(std - 0.5)).toBeLessThan(0.0071);
    expect(max).toBeGreaterThan(3 + 3.5 * 0.5);
  });

  it('keeps truncated normal numbers within two standard deviations', () => {
    const values = new Generator(2).truncatedNormal([SAMPLES], 1, 0.1).dataSync();
    const { mean, std, min, max } = moments(values);
    expect(min).toBeGreaterThanOrEqual(0.8);
    expect(max).toBeLessThanOrEqual(1.2);
    expect(Math.abs(mean - 1)).toBeLessThan(0.002);
    expect(std / 0.1).toBeCloseTo(0.87963, 2); // √(1 − 2·2φ(2)/(2Φ(2) − 1))
  });

  it('draws every integer below n and none other', () => {
    const generator = new Generator(5);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 7000; i++) counts[generator.nextInt(7)]! += 1;
    // Binomial(7000, 1/7): σ ≈ 29
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  it('permutes', () => {
    const order = new Generator(6).permutation(100);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect([...order]).not.toEqual([...new Generator(7).permutation(100)]);
  });

  it('draws indices in proportion to their weights', () => {
    const generator = new Generator(8);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 6000; i++) counts[generator.multinomial([1, 0, 2, 3])]! += 1;
    expect(counts[1]).toBe(0);
    expect(Math.abs(counts[0]! - 1000)).toBeLessThan(120); // σ ≈ 29
    expect(Math.abs(counts[3]! - 3000)).toBeLessThan(160); // σ ≈ 39
  });

  it('says what is wrong with an argument', () => {
    expect(() => new Generator(-1)).toThrow(
      'Generator: seed: expected an integer in [0, 2^53), got -1.',
    );
    expect(() => new Generator(0.5)).toThrow(RangeError);
    expect(() => new Generator(1).nextInt(0)).toThrow(RangeError);
    expect(() => new Generator(1).multinomial([0, 0])).toThrow(/finite positive sum, got sum 0/);
  });
});
