// From logits to what is logged, against TRL 1.16's DPOTrainer on a tiny Llama (tools/fixtures/trl_losses.py).
import { crossEntropy, tf, useBackend } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak, fixture, take, tokensOf } from '../checks.test-support.ts';
import { sumByRow } from '../logprobs/completion-logprobs.ts';
import { logSumSquaredProbs, meanLogits } from '../logprobs/logit-statistics.ts';
import { trainedPositions } from '../logprobs/trained-positions.ts';
import { dpoLoss } from '../dpo/dpo-loss.ts';
import { tinyModel } from '../tiny-model.test-support.ts';
import { pairOf, sharedLengthWeights } from './pair-batch.ts';
import { rewardMetrics, tokenMetrics } from './pair-metrics.ts';

beforeAll(() => useBackend('cpu'));

interface DpoFixture {
  vocabSize: number;
  inputIds: number[][];
  completionMask: number[][];
  policyLogits: number[];
  referenceLogits: number[];
  cases: { lossType: string; beta: number; loss: number; metrics: Record<string, number> }[];
}
const recorded = fixture<DpoFixture>('trl-dpo');
const { batch } = tokensOf(recorded);

/** Its hidden states are logits already. */
const identity = {
  shape: { vocabSize: recorded.vocabSize },
  outputWeight: () => undefined,
  logits: (hidden: tf.Tensor) => tf.clone(hidden),
} as unknown as CausalLm;

/** As completionTokens gives them, from recorded logits. */
function tokensFrom(logits: number[]) {
  const { positions, labels } = trainedPositions(batch);
  const all = tf.tensor2d(logits, [batch.batchSize * batch.length, recorded.vocabSize]);
  const hidden = tf.gather(all, tf.tensor1d(positions, 'int32')); // [N, V]
  const ids = tf.tensor1d(labels, 'int32');
  const logprobs = tf.neg(crossEntropy(hidden, ids, { reduction: 'none' }));
  const p = tf.softmax(hidden);
  const entropies = tf.neg(tf.sum(tf.mul(p, tf.log(p)), 1));
  const hits = tf.cast(tf.equal(tf.argMax(hidden, 1), ids), 'float32');
  return { hidden, logprobs, entropies, hits };
}

describe('the metrics of a pair batch', () => {
  it("are TRL's", () => {
    const { beta, loss, metrics } = recorded.cases.find(({ lossType }) => lossType === 'hinge')!;
    const tokens = tokensFrom(recorded.policyLogits);
    const policy = pairOf(sumByRow(tokens.logprobs, batch));
    const reference = pairOf(sumByRow(tokensFrom(recorded.referenceLogits).logprobs, batch));
    const result = dpoLoss(policy, reference, { beta, lossType: 'hinge' });
    expectClose(tf.mean(result.losses), [loss]);
    const rewards = { chosen: result.chosenRewards, rejected: result.rejectedRewards };
    const ours = {
      ...rewardMetrics({ logps: policy, rewards }),
      ...tokenMetrics(identity, batch, tokens),
    };
    const { num_tokens: _, ...theirs } = metrics;
    expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
    for (const [name, scalar] of Object.entries(ours)) {
      expect(take(scalar)[0], name).toBeCloseTo(theirs[name]!, 4);
    }
  });
});

describe('meanLogits', () => {
  it('is the mean of all logits, whether or not the model has a plain output matrix', () => {
    const model = tinyModel(3);
    const hidden = tf.randomNormal([5, 16]);
    const expected = take(tf.mean(model.logits(hidden), 1));
    expectClose(meanLogits(model, hidden), expected);
    const veiled = Object.assign(Object.create(model) as CausalLm, {
      outputWeight: () => undefined,
    });
    expectClose(meanLogits(veiled, hidden), expected);
    expectNoLeak(() => meanLogits(model, hidden));
    model.dispose();
  });
});

describe('logSumSquaredProbs', () => {
  it('is −log V for a uniform distribution and 0 for a certain one, row by row', () => {
    const logits = tf.tensor2d([
      [3, 3, 3, 3],
      [90, 0, 0, 0],
    ]);
    // a vocabulary of 2^24: one row a chunk
    const rowwise = { ...identity, shape: { vocabSize: 2 ** 24 } } as unknown as CausalLm;
    expectClose(logSumSquaredProbs(rowwise, logits), [-Math.log(4), 0]);
    expectNoLeak(() => logSumSquaredProbs(rowwise, logits));
  });
});

describe('sharedLengthWeights', () => {
  it('lowers what goes beyond the shorter completion of the pair', () => {
    // completions of 4 and 2 tokens (chosen), 2 and 5 (rejected)
    expect([...sharedLengthWeights(batch, 0.25)]).toEqual([
      ...[1, 1, 0.25, 0.25, 1, 1],
      ...[1, 1, 1, 1, 0.25, 0.25, 0.25],
    ]);
  });
});
