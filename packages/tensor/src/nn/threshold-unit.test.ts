import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '../backends/use-backend.ts';
import { McCullochPittsNeuron } from './threshold-unit.ts';

beforeAll(() => useBackend('cpu'));

const PAIRS = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

const answers = (neuron: McCullochPittsNeuron) =>
  Array.from(neuron.forward(tf.tensor2d(PAIRS)).dataSync()).join('');

describe('a McCulloch–Pitts neuron', () => {
  it('fires where the weighted sum reaches the threshold', () => {
    expect(answers(new McCullochPittsNeuron([1, 1], 2))).toBe('0001'); // AND
    expect(answers(new McCullochPittsNeuron([1, 1], 1))).toBe('0111'); // OR
    expect(answers(new McCullochPittsNeuron([-1, 1], 1))).toBe('0100'); // b and not a
  });

  it('takes whole numbers and leading axes', () => {
    const x = tf.tensor3d([1, 0, 1, 1, 1, 0], [1, 2, 3], 'int32');
    const y = new McCullochPittsNeuron([1, 1, 1], 2).forward(x);
    expect([y.shape, ...y.dataSync()]).toEqual([[1, 2], 1, 1]);
  });

  it('cannot be XOR or its opposite, whatever its weights', () => {
    const range = [-2, -1, 0, 1, 2];
    const found = new Set<string>();
    for (const a of range) {
      for (const b of range) {
        for (const threshold of [-3, -2, -1, 0, 1, 2, 3]) {
          found.add(answers(new McCullochPittsNeuron([a, b], threshold)));
        }
      }
    }
    expect(found.size).toBe(14); // of the 16 functions of two bits
    expect(found.has('0110') || found.has('1001')).toBe(false);
  });

  it('refuses another number of inputs', () => {
    expect(() => new McCullochPittsNeuron([1, 1], 1).forward(tf.zeros([2, 3]))).toThrow(
      'McCullochPittsNeuron: x: expected [.., 2], got [2,3].',
    );
  });
});
