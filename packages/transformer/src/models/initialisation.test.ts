import { tf, useBackend, type Tensor } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { createModel } from './create-model.ts';

beforeAll(() => useBackend('cpu'));

function standardDeviation(x: Tensor): number {
  return tf.tidy(() => Math.sqrt(tf.moments(x).variance.dataSync()[0]!));
}

describe('initialisation', () => {
  it('of GPT-2 is N(0, 0.02²), with residual projections 0.02 / √(2L)', () => {
    const config = {
      modelType: 'gpt2',
      vocabSize: 100,
      nPositions: 64,
      nEmbd: 64,
      nLayer: 8,
      nHead: 2,
    } as const;
    const model = createModel(config, { seed: 1 });
    for (const [path, parameter] of model.namedParameters()) {
      if (path.endsWith('.bias')) expect(parameter.dataSync().every((x) => x === 0)).toBe(true);
      else if (path.includes('.ln')) expect(parameter.dataSync().every((x) => x === 1)).toBe(true);
      else {
        const expected = path.includes('cProj') ? 0.02 / Math.sqrt(16) : 0.02;
        // relative standard error of a deviation over n ≥ 4096 values: 1 / √(2n) = 1.1 %; four of them
        expect(Math.abs(standardDeviation(parameter) / expected - 1), path).toBeLessThan(0.045);
      }
    }
    model.dispose();
  });

  it('of Llama is N(0, initializerRange²) without biases', () => {
    const config = {
      modelType: 'llama',
      vocabSize: 100,
      hiddenSize: 64,
      intermediateSize: 80,
    } as const;
    const sizes = { numHiddenLayers: 1, numAttentionHeads: 4, initializerRange: 0.05 };
    const model = createModel({ ...config, ...sizes }, { seed: 1 });
    for (const [path, parameter] of model.namedParameters()) {
      expect(path.endsWith('.bias')).toBe(false);
      if (parameter.rank === 1) expect(parameter.dataSync().every((x) => x === 1)).toBe(true);
      else expect(Math.abs(standardDeviation(parameter) / 0.05 - 1), path).toBeLessThan(0.045);
    }
    model.dispose();
  });

  it('depends on the seed alone', () => {
    const config = {
      modelType: 'gpt2',
      vocabSize: 9,
      nPositions: 4,
      nEmbd: 4,
      nLayer: 1,
      nHead: 1,
    } as const;
    const [a, b, c] = [1, 1, 2].map((seed) =>
      createModel(config, { seed }).parameters()[0]!.dataSync(),
    );
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });
});
