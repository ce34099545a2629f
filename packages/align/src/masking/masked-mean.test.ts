import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectNoLeak, take } from '../checks.test-support.ts';
import { maskedMean, maskedSum } from './masked-mean.ts';

beforeAll(() => useBackend('cpu'));

describe('maskedMean', () => {
  it('averages only what the mask keeps', () => {
    // (1 + 3 + 8) / 3 = 4; the 100s are masked
    const values = tf.tensor2d([1, 100, 3, 8, 100, 100], [2, 3]);
    const mask = tf.tensor2d([1, 0, 1, 1, 0, 0], [2, 3], 'int32');
    expect(take(maskedMean(values, mask))).toEqual([4]);
  });

  it('is 0 when the mask keeps nothing', () => {
    expect(take(maskedMean(tf.tensor1d([5, 6]), tf.zeros([2])))).toEqual([0]);
  });
});

describe('maskedSum', () => {
  it('sums each row', () => {
    const values = tf.tensor2d([1, 100, 3, 8, 100, 100], [2, 3]);
    const mask = tf.tensor2d([1, 0, 1, 1, 0, 0], [2, 3], 'int32');
    expect(take(maskedSum(values, mask))).toEqual([4, 8]);
  });

  it('leaks nothing', () => {
    const values = tf.ones([2, 3]) as ReturnType<typeof tf.tensor2d>;
    expectNoLeak(() => [maskedMean(values, values), maskedSum(values, values)]);
  });
});
