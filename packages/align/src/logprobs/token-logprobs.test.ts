import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak } from '../checks.test-support.ts';
import { sequenceLogprobs, tokenLogprobs } from './token-logprobs.ts';

beforeAll(() => useBackend('cpu'));

describe('tokenLogprobs', () => {
  // V 2; p(1) is 3/4 at position 0 (logit ln 3) and 1/2 at position 1; the last position predicts nothing.
  const logits = () =>
    tf.tensor3d([
      [
        [0, Math.log(3)],
        [7, 7],
        [-9, 9],
      ],
    ]);
  const labels = () => tf.tensor2d([[0, 1, 0]], undefined, 'int32');

  it('gives at t the log-probability of the token at t + 1', () => {
    expectClose(tokenLogprobs(logits(), labels()), [Math.log(3 / 4), Math.log(1 / 2)]);
  });

  it('is 0 where the label is −100', () => {
    const masked = tf.tensor2d([[-100, -100, 0]], undefined, 'int32');
    expectClose(tokenLogprobs(logits(), masked), [0, Math.log(1 / 2)]);
  });

  it('divides the logits by the temperature', () => {
    // ln 3 / 0.5 = ln 9: p = 9/10
    expectClose(tokenLogprobs(logits(), labels(), { temperature: 0.5 }), [
      Math.log(0.9),
      Math.log(0.5),
    ]);
  });

  it('sums to the sequence', () => {
    expectClose(sequenceLogprobs(logits(), labels()), [Math.log(3 / 8)]);
  });

  it('names the argument of a wrong shape and leaks nothing', () => {
    const [x, y, short] = [logits(), labels(), tf.zeros([1, 2], 'int32') as tf.Tensor2D];
    expect(() => tokenLogprobs(x, short)).toThrow(
      'tokenLogprobs: labels: expected [1, 3], got [1, 2].',
    );
    expectNoLeak(() => tokenLogprobs(x, short));
    expectNoLeak(() => sequenceLogprobs(x, y));
  });
});
