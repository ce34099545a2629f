import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak, take } from '../checks.test-support.ts';
import { whiten } from './whiten.ts';

beforeAll(() => useBackend('cpu'));

describe('whiten', () => {
  // Kept: 1, 2, 6. Mean 3; deviations −2, −1, 3; squares 4 + 1 + 9 = 14; unbiased variance 14 / 2 = 7.
  const values = () => tf.tensor2d([1, 2, 50, 6, -50, 70], [2, 3]);
  const mask = () => tf.tensor2d([1, 1, 0, 1, 0, 0], [2, 3], 'int32');
  const deviation = Math.sqrt(7);

  it('gives mean 0 and unbiased variance 1 over the mask, 0 elsewhere', () => {
    expectClose(whiten(values(), mask()), [-2 / deviation, -1 / deviation, 0, 3 / deviation, 0, 0]);
  });

  it('keeps the mean on request', () => {
    const whitened = whiten(values(), mask(), { shiftMean: false });
    expectClose(whitened, [3 - 2 / deviation, 3 - 1 / deviation, 0, 3 + 3 / deviation, 0, 0]);
  });

  it('stays finite when one position counts', () => {
    expect(take(whiten(tf.tensor1d([5, 9]), tf.tensor1d([1, 0])))).toEqual([0, 0]);
  });

  it('leaks nothing', () => {
    const [x, m] = [values(), mask()];
    expectNoLeak(() => whiten(x, m));
  });
});
