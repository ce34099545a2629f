import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak, take } from '../checks.test-support.ts';
import { ppoPolicyLoss } from './ppo-policy-loss.ts';

beforeAll(() => useBackend('cpu'));

describe('ppoPolicyLoss', () => {
  it('clips gains and not losses, by hand', () => {
    // ρ = 1.5, 0.5, 1.5, 0.5 with A = 1, 1, −1, −1 and clip range 0.2. −Aρ against −A·clip(ρ):
    //   −1.5 or −1.2 → −1.2 (clipped)    −0.5 or −0.8 → −0.5
    //    1.5 or  1.2 →  1.5               0.5 or  0.8 →  0.8 (clipped)       mean 0.6 / 4 = 0.15
    const logprobs = tf.log(
      tf.tensor2d([
        [1.5, 0.5],
        [1.5, 0.5],
      ]),
    ) as tf.Tensor2D;
    const result = ppoPolicyLoss(logprobs, {
      oldLogprobs: tf.zeros([2, 2]),
      advantages: tf.tensor2d([
        [1, 1],
        [-1, -1],
      ]),
      completionMask: tf.ones([2, 2], 'int32'),
    });
    expectClose(result.loss, [0.15]);
    expectClose(result.clipFraction, [0.5]);
    expectClose(result.ratio, [1]);
    // ½·(2·ln²1.5 + 2·ln²0.5)/4
    expectClose(result.approxKl, [(Math.log(1.5) ** 2 + Math.log(0.5) ** 2) / 4]);
  });

  it('ignores tokens where completionMask is 0', () => {
    const result = ppoPolicyLoss(tf.tensor2d([[0, 50]]), {
      oldLogprobs: tf.tensor2d([[0, -50]]),
      advantages: tf.tensor2d([[2, 9]]),
      completionMask: tf.tensor2d([[1, 0]], undefined, 'int32'),
    });
    expect(take(result.loss)).toEqual([-2]);
    expect(take(result.ratio)).toEqual([1]);
  });

  it('has no gradient where the clip holds, and −A·ρ elsewhere', () => {
    // dρ/dlog π = ρ. Gains past 1.2 are clipped: 0. Losses are not: −A·ρ/n.
    const start = tf.log(tf.tensor2d([[1.5, 1.5]])) as tf.Tensor2D;
    const gradient = tf.grad(
      (logprobs) =>
        ppoPolicyLoss(logprobs, {
          oldLogprobs: tf.zeros([1, 2]),
          advantages: tf.tensor2d([[1, -1]]),
          completionMask: tf.ones([1, 2], 'int32'),
        }).loss,
    )(start);
    expectClose(gradient, [0, 1.5 / 2]);
  });

  it('leaks nothing', () => {
    const [x, mask] = [tf.zeros([2, 3]) as tf.Tensor2D, tf.ones([2, 3], 'int32') as tf.Tensor2D];
    expectNoLeak(() =>
      Object.values(ppoPolicyLoss(x, { oldLogprobs: x, advantages: x, completionMask: mask })),
    );
  });
});
