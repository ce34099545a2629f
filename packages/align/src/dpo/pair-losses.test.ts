// Every loss of the table against TRL 1.16's DPOTrainer (tools/fixtures/trl_losses.py), from logits to loss.
import { tf, useBackend } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { tokenLogprobs } from '../logprobs/token-logprobs.ts';
import { expectClose, fixture } from '../checks.test-support.ts';
import { dpoLoss } from './dpo-loss.ts';
import { PAIR_LOSSES } from './pair-losses.ts';
import type { PairLossType } from './pair-losses.ts';

beforeAll(() => useBackend('cpu'));

interface DpoFixture {
  vocabSize: number;
  inputIds: number[][];
  completionMask: number[][];
  policyLogits: number[];
  referenceLogits: number[];
  cases: {
    lossType: string;
    beta: number;
    labelSmoothing: number;
    loss: number;
    metrics: Record<string, number>;
  }[];
}

const recorded = fixture<DpoFixture>('trl-dpo');

/** Rows 0 … B−1 are chosen, the rest rejected. */
function pairOf(values: tf.Tensor1D) {
  const [chosen, rejected] = tf.split(values, 2) as [tf.Tensor1D, tf.Tensor1D];
  return { chosen, rejected };
}

function summed(logits: number[]) {
  const { inputIds, completionMask, vocabSize } = recorded;
  const labels = inputIds.map((row, b) => row.map((id, t) => (completionMask[b]![t] ? id : -100)));
  const shape: [number, number, number] = [inputIds.length, inputIds[0]!.length, vocabSize];
  const tokens = tokenLogprobs(tf.tensor3d(logits, shape), tf.tensor2d(labels, undefined, 'int32'));
  return pairOf(tf.sum(tokens, 1));
}

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

describe('PAIR_LOSSES', () => {
  it.each(Object.keys(PAIR_LOSSES) as PairLossType[])("%s equals TRL's", (lossType) => {
    const cases = recorded.cases.filter((entry) => camel(entry.lossType) === lossType);
    expect(cases).toHaveLength(2);
    const policy = summed(recorded.policyLogits);
    const reference = summed(recorded.referenceLogits);
    const lengths = pairOf(tf.sum(tf.tensor2d(recorded.completionMask), 1));
    for (const { beta, labelSmoothing, loss, metrics } of cases) {
      // TRL 1.16's sigmoid takes no notice of label_smoothing
      const smoothing = lossType === 'sigmoid' ? {} : { labelSmoothing };
      const result = dpoLoss(policy, reference, { beta, lossType, lengths, ...smoothing });
      expectClose(tf.mean(result.losses), [loss]);
      expectClose(tf.mean(result.chosenRewards), [metrics['rewards/chosen']!]);
      expectClose(tf.mean(result.rejectedRewards), [metrics['rewards/rejected']!]);
      expectClose(tf.mean(policy.chosen), [metrics['logps/chosen']!]);
    }
  });
});
