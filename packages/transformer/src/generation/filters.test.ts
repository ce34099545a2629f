import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyTemperature, argmax, keepTopK, keepTopP, logSoftmaxAt, softmax } from './filters.ts';

interface Fixture {
  readonly logits: number[];
  readonly cases: readonly {
    readonly temperature: number;
    readonly topK: number | null;
    readonly topP: number | null;
    readonly probabilities: number[];
  }[];
}

const url = new URL('../../fixtures/sampling-filters.json', import.meta.url);
const fixture = JSON.parse(readFileSync(url, 'utf8')) as Fixture;

describe('sampling filters', () => {
  it.each(fixture.cases)(
    'equal Transformers at temperature $temperature, top-k $topK, top-p $topP',
    ({ temperature, topK, topP, probabilities }) => {
      const logits = Float32Array.from(fixture.logits);
      applyTemperature(logits, temperature);
      if (topK !== null) keepTopK(logits, topK);
      if (topP !== null) keepTopP(logits, topP);
      const got = softmax(logits);
      for (const [i, expected] of probabilities.entries()) expect(got[i]).toBeCloseTo(expected, 6);
      const kept = (values: ArrayLike<number>) => Array.from(values, (p) => p > 0);
      expect(kept(got)).toEqual(kept(probabilities));
    },
  );

  it('keeps everything that ties with the k-th largest', () => {
    const logits = Float32Array.of(1, 3, 2, 2, 0);
    keepTopK(logits, 2);
    expect([...logits]).toEqual([-Infinity, 3, 2, 2, -Infinity]);
  });

  it('keeps the most probable token whatever p is', () => {
    const logits = Float32Array.of(0, 0.1, 0);
    keepTopP(logits, 1e-9);
    expect(softmax(logits)).toEqual(Float64Array.of(0, 1, 0));
  });

  it('takes the first of equal maxima', () => {
    expect(argmax(Float32Array.of(1, 5, 5))).toBe(1);
  });

  it('computes log-softmax: log(e² / (e¹ + e²)) = −0.31326', () => {
    expect(logSoftmaxAt(Float32Array.of(1, 2), 1)).toBeCloseTo(-0.3132616875, 9);
  });
});
