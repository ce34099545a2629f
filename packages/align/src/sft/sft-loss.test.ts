import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { tokenLogprobs } from '../logprobs/token-logprobs.ts';
import { expectClose, expectNoLeak, fixture } from '../checks.test-support.ts';
import { sftLoss } from './sft-loss.ts';
import type { SftLossType } from './sft-loss.ts';

beforeAll(() => useBackend('cpu'));

interface SftFixture {
  vocabSize: number;
  labels: number[][];
  logits: number[];
  cases: { lossType: SftLossType; numItems: number | null; loss: number }[];
}

describe('sftLoss', () => {
  it('is the mean of −log p over tokens, not over rows, by hand', () => {
    // tokens 1, 2, 3 nats in row 0 and 6 in row 1: (1 + 2 + 3 + 6) / 4 = 3; a mean of row means would be 4
    const logprobs = tf.tensor2d([
      [-1, -2, -3],
      [-6, -99, -99],
    ]);
    const mask = tf.tensor2d(
      [
        [1, 1, 1],
        [1, 0, 0],
      ],
      undefined,
      'int32',
    );
    expectClose(sftLoss(logprobs, mask), [3]);
  });

  it('divides by the tokens of the whole step when told them, so that parts add up', () => {
    const logprobs = tf.tensor1d([-1, -2, -3, -6]);
    const part = (from: number, size: number) =>
      sftLoss(tf.slice(logprobs, from, size), tf.ones([size]), { numItems: 4 });
    expectClose(tf.add(part(0, 3), part(3, 1)), [3]);
  });

  it("equals TRL's on fixed logits", () => {
    const { vocabSize, labels, logits, cases } = fixture<SftFixture>('trl-sft');
    const [B, T] = [labels.length, labels[0]!.length];
    const logprobs = tokenLogprobs(
      tf.tensor3d(logits, [B, T, vocabSize]),
      tf.tensor2d(labels, undefined, 'int32'),
    );
    const mask = tf.tensor2d(labels.map((row) => row.slice(1).map((id) => (id === -100 ? 0 : 1))));
    expect(cases).toHaveLength(4);
    for (const { lossType, numItems, loss } of cases) {
      const options = { lossType, ...(numItems === null ? {} : { numItems }) };
      expectClose(sftLoss(logprobs, mask, options), [loss], 1e-6);
    }
  });

  it('gives dft no gradient through its weight p', () => {
    // d/dx of −x·sg[e^x] = −e^x
    const gradient = tf.grad((x) => sftLoss(x, tf.ones([1]), { lossType: 'dft' }))(
      tf.tensor1d([-0.5]),
    );
    expectClose(gradient, [-Math.exp(-0.5)]);
  });

  it('is 0 for a batch that trains nothing, and leaks nothing', () => {
    const [x, none] = [tf.zeros([2, 2]), tf.zeros([2, 2])];
    expectClose(sftLoss(x, none), [0]);
    expectNoLeak(() => [sftLoss(x, none), sftLoss(x, none, { lossType: 'dft' })]);
  });
});
