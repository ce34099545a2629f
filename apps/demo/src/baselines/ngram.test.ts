import { describe, expect, it } from 'vitest';
import { NgramModel } from './ngram.ts';

describe('NgramModel', () => {
  it('gives the Witten–Bell probability worked out by hand', () => {
    // Stream 0 1 0 1 0 2, vocabulary 4.
    // Unigram: total 6, 3 types, trust 6/9; p1(2) = 6/9 · 1/6 + 3/9 · 1/4 = 7/36.
    // After 0: total 3, 2 types, trust 3/5; p2(2 | 0) = 3/5 · 1/3 + 2/5 · 7/36 = 1/5 + 14/180.
    const model = new NgramModel([0, 1, 0, 1, 0, 2], 2, 4);
    expect(model.probability([0, 2], 1)).toBeCloseTo(1 / 5 + 14 / 180, 12);
  });

  it('sums to 1 over the vocabulary in seen and unseen contexts', () => {
    const model = new NgramModel([0, 1, 2, 0, 1, 3, 3, 0], 3, 5);
    for (const context of [
      [0, 1],
      [4, 4],
      [3, 0],
    ]) {
      let sum = 0;
      for (let token = 0; token < 5; token++) sum += model.probability([...context, token], 2);
      expect(sum).toBeCloseTo(1, 12);
    }
  });

  it('predicts a periodic stream better with a longer context', () => {
    const stream = Array.from({ length: 400 }, (_, i) => [0, 0, 1, 0, 1, 1][i % 6] as number);
    const bigram = new NgramModel(stream, 2, 2).loss(stream);
    const trigram = new NgramModel(stream, 3, 2).loss(stream);
    expect(trigram).toBeLessThan(bigram);
    expect(bigram).toBeLessThan(Math.log(2) + 1e-3);
  });
});
