import { describe, expect, it } from 'vitest';
import { densityRatioWeights } from './density-ratio.ts';
import { fitLogisticRegression } from './logistic-regression.ts';

const example = (label: boolean) => ({ promptIds: [1], completionIds: [2], label });

describe('fitLogisticRegression', () => {
  it('stands where the gradient of the penalised likelihood is 0, classes weighing alike', () => {
    const vectors = [
      [0.5, 1],
      [2, -1],
      [1.5, 0.3],
      [-1, 0.2],
      [-0.4, -2],
    ];
    const labels = [true, true, true, false, false];
    const { probability } = fitLogisticRegression(vectors, labels);
    // w and b from differences of the logit
    const logit = (vector: number[]) => Math.log(probability(vector) / (1 - probability(vector)));
    const bias = logit([0, 0]);
    const weights = [logit([1, 0]) - bias, logit([0, 1]) - bias];
    const share = (label: boolean) => 5 / (2 * (label ? 3 : 2));
    const slopes = vectors.map(
      (vector, n) => share(labels[n]!) * (probability(vector) - Number(labels[n])),
    );
    expect(slopes.reduce((sum, slope) => sum + slope, 0)).toBeCloseTo(0, 8);
    [0, 1].forEach((i) => {
      const pull = slopes.reduce((sum, slope, n) => sum + slope * vectors[n]![i]!, 0);
      expect(weights[i]! + pull).toBeCloseTo(0, 8);
    });
    expect(Math.abs(weights[0]!)).toBeGreaterThan(0.3);
  });
});

describe('densityRatioWeights', () => {
  it('weighs unwanted answers up where their prompts look like those of wanted ones', () => {
    const rows = [true, true, true, false, false, false].map(example);
    const embeddings = [[1], [1.2], [0.8], [1], [-1], [-1.1]];
    const weights = densityRatioWeights(rows, embeddings).map(({ weight }) => weight);
    expect(weights.slice(0, 3)).toEqual([1, 1, 1]);
    expect(weights[3]!).toBeGreaterThan(1);
    expect(weights[4]).toBe(0.5); // its ratio lies below the bound
  });

  it('says what is wrong', () => {
    expect(() => densityRatioWeights([example(true)], [])).toThrow(
      'densityRatioWeights: embeddings: expected 1, one for each example, got 0.',
    );
    expect(() => densityRatioWeights([example(true)], [[1]])).toThrow(
      'expected wanted and unwanted answers, got 1 and 0.',
    );
  });
});
