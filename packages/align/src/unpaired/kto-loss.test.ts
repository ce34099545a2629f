// KTO and APO-zero against TRL 1.16's KTOTrainer (tools/fixtures/trl_preferences.py), BCO against TRL 0.29's BCOTrainer
// (tools/fixtures/trl_bco_prm.py): values, metrics, gradients.
import { tf, useBackend, valueAndGrads } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak, fixture, tokensOf } from '../checks.test-support.ts';
import { sumByRow } from '../logprobs/completion-logprobs.ts';
import { bcoLoss, RunningMean } from './bco-loss.ts';
import { ktoBalance, ktoLoss } from './kto-loss.ts';
import type { KtoLossType } from './kto-loss.ts';

beforeAll(() => useBackend('cpu'));

interface KtoFixture {
  inputIds: number[][];
  completionMask: number[][];
  logProbs: number[];
  referenceLogProbs: number[];
  klSums: number[];
  klReferenceSums: number[];
  cases: {
    lossType: string;
    labels: boolean[];
    beta: number;
    desirableWeight: number;
    undesirableWeight: number;
    isSwapped: boolean;
    loss: number;
    gradient: number[];
    metrics: Record<string, number>;
  }[];
}
const recorded = fixture<KtoFixture>('trl-unpaired');
const { batch, select, spread } = tokensOf(recorded);
const LOSS_TYPES: Record<string, KtoLossType> = {
  kto: 'kto',
  apo_zero_unpaired: 'apoZeroUnpaired',
};

describe('ktoLoss', () => {
  it.each(
    recorded.cases.map(
      (entry) => [`${entry.lossType} ${entry.labels.join()} β ${entry.beta}`, entry] as const,
    ),
  )("%s equals TRL's, with its gradient", (_, entry) => {
    const leaf = tf.variable(tf.tensor1d(select(recorded.logProbs)));
    const reference = sumByRow(tf.tensor1d(select(recorded.referenceLogProbs)), batch);
    const gap = tf.mean(tf.sub(recorded.klSums, recorded.klReferenceSums));
    const kl = tf.relu(entry.isSwapped ? tf.neg(gap) : gap);
    let rewards!: number[];
    const { value, grads } = valueAndGrads(() => {
      const options = { ...entry, lossType: LOSS_TYPES[entry.lossType]!, kl };
      const result = ktoLoss(sumByRow(leaf, batch), reference, entry.labels, options);
      rewards = [...result.rewards.dataSync()];
      return tf.mean(result.losses);
    }, [leaf]);
    expectClose(value, [entry.loss]);
    expectClose(spread(grads[0]!.dataSync()), entry.gradient);
    const mean = (isWanted: boolean) => {
      const own = rewards.filter((_, i) => entry.labels[i] === isWanted);
      return own.reduce((sum, reward) => sum + reward, 0) / own.length;
    };
    const { metrics } = entry;
    if ('rewards/chosen' in metrics) expect(mean(true)).toBeCloseTo(metrics['rewards/chosen']!, 4);
    if ('rewards/rejected' in metrics)
      expect(mean(false)).toBeCloseTo(metrics['rewards/rejected']!, 4);
    if (entry.lossType === 'kto') expectClose(kl, [metrics['kl']!]);
  });

  it('pulls alike with 3 wanted, 2 unwanted and λ_U = 1.25: (1·3)/(1.25·2) = 1.2', () => {
    const labels = [true, true, true, false, false];
    expect(ktoBalance(labels, { undesirableWeight: 1.25 })).toBeCloseTo(1.2);
  });

  it('says what is wrong, and leaks nothing', () => {
    const [two, three] = [tf.tensor1d([-1, -2]), tf.tensor1d([-1, -2, -3])];
    expect(() => ktoLoss(two, three, [true, false])).toThrow(
      'ktoLoss: reference: expected [2], one for each label, got [3].',
    );
    expect(() => ktoLoss(two, two, [true, false], { beta: 0 })).toThrow(
      'ktoLoss: beta: expected a number > 0, got 0.',
    );
    expectNoLeak(() => ktoLoss(two, two, [true, false], { kl: two }));
    expectNoLeak(() => bcoLoss(two, two, [true, false]));
  });
});

interface BcoFixture {
  beta: number;
  batches: {
    labels: boolean[];
    policy: number[];
    reference: number[];
    loss: number;
    delta: number;
    gradient: number[];
  }[];
}

describe('bcoLoss', () => {
  it("equals TRL's over batches that move the running mean, with its gradients", () => {
    const { beta, batches } = fixture<BcoFixture>('trl-bco');
    const shift = new RunningMean();
    for (const { labels, policy, reference, loss, delta, gradient } of batches) {
      const rewards = policy.map((logprob, i) => beta * (logprob - reference[i]!));
      expect(shift.add(rewards)).toBeCloseTo(delta, 5);
      const leaf = tf.variable(tf.tensor1d(policy));
      const { value, grads } = valueAndGrads(() => {
        const options = { beta, delta: shift.mean };
        return tf.mean(bcoLoss(leaf, tf.tensor1d(reference), labels, options).losses);
      }, [leaf]);
      expectClose(value, [loss]);
      expectClose(grads[0]!, gradient);
    }
  });

  it('multiplies by the weights', () => {
    const same = tf.tensor1d([-1, -1]); // r = 0: ln 2 each
    const { losses } = bcoLoss(same, same, [true, false], { weights: [1, 0.5] });
    expectClose(losses, [Math.LN2, Math.LN2 / 2]);
  });
});

describe('RunningMean', () => {
  it('is the mean of all numbers, also after its state was kept', () => {
    const [mean, copy] = [new RunningMean(), new RunningMean()];
    mean.add([1, 2]);
    copy.setState(mean.getState());
    expect(copy.add([6])).toBe(3);
    expect(copy.add([])).toBe(3);
  });
});
