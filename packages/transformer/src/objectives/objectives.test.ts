import { Generator } from '@llm/tensor';
import { describe, expect, it } from 'vitest';
import { corruptSpans } from './corrupt-spans.ts';
import { denoiseInput } from './denoise.ts';
import { maskTokens } from './mask-tokens.ts';

const text = (length: number): number[] => Array.from({ length }, (_, i) => 10 + (i % 80));
const MASK = 4;

describe('maskTokens', () => {
  const options = (seed: number) => ({
    maskTokenId: MASK,
    vocabSize: 100,
    specialTokens: [0, 1, 2, 3, MASK],
    generator: new Generator(seed),
  });

  it('chooses 15 % of the tokens: 80 % masks, 10 % others, 10 % as they were', () => {
    const ids = [1, ...text(40000), 2];
    const { inputIds, labels } = maskTokens(ids, options(5));
    const chosen = ids.flatMap((_, i) => (labels[i] === -100 ? [] : [i]));
    const share = (test: (i: number) => boolean) => chosen.filter(test).length / chosen.length;
    expect(chosen.length / ids.length).toBeCloseTo(0.15, 2);
    expect(share((i) => inputIds[i] === MASK)).toBeCloseTo(0.8, 1);
    expect(share((i) => inputIds[i] === ids[i])).toBeCloseTo(0.1, 1);
    expect(chosen.every((i) => labels[i] === ids[i])).toBe(true);
    expect(inputIds.every((id, i) => labels[i] !== -100 || id === ids[i])).toBe(true);
    expect([labels[0], labels.at(-1)]).toEqual([-100, -100]); // special tokens
    expect(inputIds.slice(1, -1).every((id) => id >= MASK)).toBe(true); // no special token put in
  });

  it('chooses words whole', () => {
    const ids = text(3000);
    const wordStarts = ids.map((_, i) => i % 3 === 0);
    const { labels } = maskTokens(ids, { ...options(6), wordStarts });
    for (let i = 0; i < ids.length; i += 3)
      expect(new Set(labels.slice(i, i + 3).map((label) => label === -100)).size).toBe(1);
    expect(labels.some((label) => label !== -100)).toBe(true);
  });

  it('gives the same masks for the same seed', () => {
    expect(maskTokens(text(50), options(7))).toEqual(maskTokens(text(50), options(7)));
  });
});

describe('corruptSpans', () => {
  const SENTINELS = 1000;
  const EOS = 1;
  const options = (seed: number) => ({
    sentinel: (k: number) => SENTINELS - k,
    eosTokenId: EOS,
    generator: new Generator(seed),
  });

  it.each([2, 3, 10, 568])('loses nothing of %i tokens', (length) => {
    const ids = text(length);
    const { inputIds, labels } = corruptSpans(ids, options(length));
    expect([inputIds.at(-1), labels.at(-1)]).toEqual([EOS, EOS]);
    const isSentinel = (id: number) => id > 900;
    const whole = inputIds.slice(0, -1).flatMap((id) => {
      if (!isSentinel(id)) return [id];
      const start = labels.indexOf(id) + 1;
      const end = labels.findIndex(
        (label, i) => i >= start && (isSentinel(label) || label === EOS),
      );
      return labels.slice(start, end);
    });
    expect(whole).toEqual(ids);
    expect(isSentinel(inputIds[0]!)).toBe(false);
  });

  it('makes 512 in and 114 out of 568, as T5 does', () => {
    const { inputIds, labels } = corruptSpans(text(568), options(1));
    expect([inputIds.length, labels.length]).toEqual([512, 114]);
  });

  it('refuses a single token', () => {
    expect(() => corruptSpans([7], options(1))).toThrow('expected at least 2 tokens, got 1');
  });
});

describe('denoiseInput', () => {
  const options = { maskTokenId: MASK };

  it('keeps 70 % of the tokens in their order, and masks between', () => {
    const ids = Array.from({ length: 2000 }, (_, i) => 10 + i);
    const noisy = denoiseInput(ids, { ...options, generator: new Generator(8) });
    const kept = noisy.filter((id) => id !== MASK);
    expect(kept.length).toBe(1400);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
    const masks = noisy.length - kept.length;
    expect(masks).toBeGreaterThan(150); // 600 tokens in spans of 3
    expect(masks).toBeLessThan(260);
  });

  it('puts sentences in another order, each whole', () => {
    const ids = [11, 12, 9, 13, 14, 15, 9, 16, 9, 17];
    const generator = new Generator(3);
    const noisy = denoiseInput(ids, { ...options, generator, sentenceEnds: [9], maskRatio: 0 });
    expect([...noisy].sort()).toEqual([...ids].sort());
    expect(noisy).not.toEqual(ids);
    expect(noisy.join(' ')).toContain('13 14 15 9');
  });
});
