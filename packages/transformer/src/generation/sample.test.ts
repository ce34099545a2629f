import { Generator } from '@llm/tensor';
import { describe, expect, it } from 'vitest';
import { processRow, samplingProcessors } from './processors/processor-list.ts';
import { choose, PolicyLogprobs } from './sample.ts';

describe('choose', () => {
  it('is greedy at temperature 0', () => {
    expect(choose(Float32Array.of(0, 2, 1), new Generator(1), 0)).toBe(1);
  });

  it('draws tokens as often as their probabilities say', () => {
    // temperature 2 over logits 2·log p gives back p = 0.1, 0.2, 0.3, 0.4; top-k 3 drops the first.
    const logits = [0.1, 0.2, 0.3, 0.4].map((p) => 2 * Math.log(p));
    const generator = new Generator(5);
    const processors = samplingProcessors({ temperature: 2, topK: 3 });
    const draws = 9000;
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < draws; i++) {
      const scores = Float32Array.from(logits);
      processRow(processors, scores, { tokens: [], promptLength: 0, sourceTokens: [] });
      counts[choose(scores, generator, 2)]! += 1;
    }
    // Standard error of a share: √(0.25 / 9000) = 0.0053; four of them are 0.021.
    for (const [i, share] of [0, 2 / 9, 3 / 9, 4 / 9].entries()) {
      expect(Math.abs(counts[i]! / draws - share)).toBeLessThan(0.021);
    }
    expect(counts[0]).toBe(0);
  });
});

describe('PolicyLogprobs', () => {
  it('gives log softmax(logits / temperature), with temperature 1 when greedy', () => {
    const logits = Float32Array.of(0, 2, 1);
    expect(new PolicyLogprobs(logits, 0).of(1)).toBeCloseTo(
      2 - Math.log(1 + Math.exp(2) + Math.exp(1)),
      6,
    );
    expect(new PolicyLogprobs(logits, 2).of(1)).toBeCloseTo(
      1 - Math.log(1 + Math.exp(1) + Math.exp(0.5)),
      6,
    );
  });

  it('lists the likeliest first, and of equals the lower id', () => {
    const top = new PolicyLogprobs(Float32Array.of(1, 3, 2, 3), 0).top(3);
    expect(top.map(({ token }) => token)).toEqual([1, 3, 2]);
    expect(top[0]!.logprob).toBeGreaterThan(top[2]!.logprob);
  });
});
