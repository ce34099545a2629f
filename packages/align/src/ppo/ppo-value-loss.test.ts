import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, it } from 'vitest';
import { expectClose, expectNoLeak } from '../checks.test-support.ts';
import { ppoValueLoss } from './ppo-value-loss.ts';

beforeAll(() => useBackend('cpu'));

describe('ppoValueLoss', () => {
  it('counts the worse of the plain and the clipped error, by hand', () => {
    // V = 2, 0.1, 9; V_old = 0; R = 3, 0, 0; range 0.5; the third is masked.
    //   clip(2) = 0.5: max(1, 6.25) = 6.25      clip(0.1) = 0.1: 0.01      ½·(6.25 + 0.01)/2 = 1.565
    const result = ppoValueLoss(
      tf.tensor2d([[2, 0.1, 9]]),
      {
        oldValues: tf.zeros([1, 3]),
        returns: tf.tensor2d([[3, 0, 0]]),
        valueMask: tf.tensor2d([[1, 1, 0]], undefined, 'int32'),
      },
      { clipRangeValue: 0.5 },
    );
    expectClose(result.loss, [1.565]);
    expectClose(result.clipFraction, [0.5]);
  });

  it('leaks nothing', () => {
    const [x, mask] = [tf.zeros([2, 3]) as tf.Tensor2D, tf.ones([2, 3], 'int32') as tf.Tensor2D];
    expectNoLeak(() =>
      Object.values(ppoValueLoss(x, { oldValues: x, returns: x, valueMask: mask })),
    );
  });
});
