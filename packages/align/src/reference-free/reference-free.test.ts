// CPO, SimPO, AlphaPO, ORPO and TPO against TRL 1.16 (tools/fixtures/trl_preferences.py): losses, rewards, gradients.
import { crossEntropy, tf, useBackend, valueAndGrads } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, expectNoLeak, fixture, take, tokensOf } from '../checks.test-support.ts';
import { trainedPositions } from '../logprobs/trained-positions.ts';
import { meanOverRows } from '../pairs/pair-batch.ts';
import { rewardMetrics, weighted } from '../pairs/pair-metrics.ts';
import { cpoLoss, isAveraged } from './cpo-loss.ts';
import type { CpoLossType } from './cpo-loss.ts';
import { orpoLoss } from './orpo-loss.ts';
import { answerLogps, tpoLoss } from './train-tpo.ts';
import type { TpoLossType } from './train-tpo.ts';

beforeAll(() => useBackend('cpu'));

interface ReferenceFree {
  sums: [number[], number[]];
  means: [number[], number[]];
  cpo: {
    lossType: CpoLossType;
    beta: number;
    labelSmoothing: number;
    alpha: number;
    losses: number[];
    chosenRewards: number[];
    rejectedRewards: number[];
    gradients: [number[], number[]];
  }[];
  orpo: {
    beta: number;
    loss: number;
    chosenRewards: number[];
    logOddsRatio: number;
    logOddsChosen: number;
    gradients: [number[], number[]];
  };
  tpo: {
    inputIds: number[][];
    completionMask: number[][];
    vocabSize: number;
    logits: number[];
    cases: {
      lossType: string;
      beta: number;
      labelSmoothing: number;
      alpha: number;
      gamma: number;
      loss: number;
      gradientNorm: number;
      metrics: Record<string, number>;
    }[];
  };
}
const recorded = fixture<ReferenceFree>('trl-reference-free');

const leaves = ([chosen, rejected]: [number[], number[]]) => ({
  chosen: tf.variable(tf.tensor1d(chosen)),
  rejected: tf.variable(tf.tensor1d(rejected)),
});

describe('cpoLoss', () => {
  it.each(
    recorded.cpo.map(
      (entry) => [`${entry.lossType} α ${entry.alpha} β ${entry.beta}`, entry] as const,
    ),
  )("%s equals TRL's, with its gradients", (_, entry) => {
    const logps = leaves(isAveraged(entry.lossType) ? recorded.means : recorded.sums);
    const { losses, chosenRewards, rejectedRewards } = cpoLoss(logps, entry);
    expectClose(losses, entry.losses);
    expectClose(chosenRewards, entry.chosenRewards);
    expectClose(rejectedRewards, entry.rejectedRewards);
    const { grads } = valueAndGrads(
      () => tf.mean(cpoLoss(logps, entry).losses),
      [logps.chosen, logps.rejected],
    );
    entry.gradients.forEach((gradient, i) => expectClose(grads[i]!, gradient));
  });

  it('says what is wrong, and leaks nothing', () => {
    const logps = leaves(recorded.means);
    expect(() => cpoLoss(logps, { beta: 0 })).toThrow(
      'cpoLoss: beta: expected a number > 0, got 0.',
    );
    expectNoLeak(() => Object.values(cpoLoss(logps, { alpha: 0.1, lossType: 'simpo' })));
  });
});

describe('orpoLoss', () => {
  it("equals TRL's, with its gradients", () => {
    const { beta, loss, chosenRewards, logOddsChosen, gradients } = recorded.orpo;
    const logps = leaves(recorded.means);
    const result = orpoLoss(logps, { beta });
    expectClose(tf.mean(result.losses), [loss]);
    expectClose(result.chosenRewards, chosenRewards);
    expectClose(tf.mean(result.logOdds), [logOddsChosen]);
    const { grads } = valueAndGrads(
      () => tf.mean(orpoLoss(logps, { beta }).losses),
      [logps.chosen, logps.rejected],
    );
    gradients.forEach((gradient, i) => expectClose(grads[i]!, gradient));
  });

  it('stays finite for a certain answer', () => {
    const logps = { chosen: tf.tensor1d([0]), rejected: tf.tensor1d([-90]) };
    expect(take(orpoLoss(logps).logOdds)[0]).toBeCloseTo(90 - Math.log(1e-7), 0);
    expectNoLeak(() => Object.values(orpoLoss(logps)));
  });
});

describe('tpoLoss', () => {
  const { tpo } = recorded;
  const { batch: rows } = tokensOf(tpo);
  const batch = { ...rows, pairs: 2 }; // two triples
  const names: Record<string, TpoLossType> = { 'tpo-l': 'tpoL' };

  it.each(tpo.cases.map((entry) => [entry.lossType, entry] as const))(
    "%s with the references' likelihood equals TRL's, from logits to gradient",
    (_, entry) => {
      const { positions, labels } = trainedPositions(batch);
      const shape: [number, number] = [batch.batchSize * batch.length, tpo.vocabSize];
      const logits = tf.variable(tf.tensor2d(tpo.logits, shape));
      const lossType = names[entry.lossType] ?? (entry.lossType as TpoLossType);
      let metrics: Record<string, number> = {};
      const { value, grads } = valueAndGrads(() => {
        const chosen = tf.gather(logits, tf.tensor1d(positions, 'int32'));
        const ids = tf.tensor1d(labels, 'int32');
        const logprobs = tf.neg(crossEntropy(chosen, ids, { reduction: 'none' }));
        const logps = answerLogps(logprobs, batch, { lossType });
        const result = tpoLoss(logps, { ...entry, lossType });
        const rewards = { chosen: result.chosenRewards, rejected: result.rejectedRewards };
        metrics = Object.fromEntries(
          Object.entries(rewardMetrics({ logps, rewards })).map(([name, scalar]) => [
            name,
            scalar.dataSync()[0]!,
          ]),
        );
        const nll = tf.neg(weighted(logprobs, meanOverRows(batch, 4, 6)));
        return tf.add(tf.mean(result.losses), tf.mul(nll, entry.alpha));
      }, [logits]);
      expectClose(value, [entry.loss]);
      expectClose(tf.norm(grads[0]!), [entry.gradientNorm]);
      for (const [name, number] of Object.entries(metrics)) {
        expect(number, name).toBeCloseTo(entry.metrics[name]!, 4);
      }
    },
  );
});
