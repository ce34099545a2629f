import { Generator } from '@llm/tensor';
import { describe, expect, it } from 'vitest';
import { sample } from './sample.ts';

describe('sample', () => {
  it('is greedy at temperature 0', () => {
    const { token, logprob } = sample(Float32Array.of(0, 2, 1), new Generator(1), {
      logprobs: true,
    });
    expect(token).toBe(1);
    expect(logprob).toBeCloseTo(2 - Math.log(1 + Math.exp(2) + Math.exp(1)), 6);
  });

  it('draws tokens as often as their probabilities say', () => {
    // temperature 2 over logits 2·log p gives back p = 0.1, 0.2, 0.3, 0.4; top-k 3 drops the first.
    const logits = [0.1, 0.2, 0.3, 0.4].map((p) => 2 * Math.log(p));
    const generator = new Generator(5);
    const draws = 9000;
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < draws; i++) {
      const options = { temperature: 2, topK: 3 };
      counts[sample(Float32Array.from(logits), generator, options).token]! += 1;
    }
    // Standard error of a share: √(0.25 / 9000) = 0.0053; four of them are 0.021.
    for (const [i, share] of [0, 2 / 9, 3 / 9, 4 / 9].entries()) {
      expect(Math.abs(counts[i]! / draws - share)).toBeLessThan(0.021);
    }
    expect(counts[0]).toBe(0);
  });
});
