// Every loss of the table, alone and mixed, with every option, against TRL 1.16's DPOTrainer: values, rewards, and the
// gradient for each token's log-probability (tools/fixtures/trl_preferences.py).
import { tf, useBackend, valueAndGrads } from '@llm/tensor';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectClose, fixture, tokensOf } from '../checks.test-support.ts';
import { sumByRow } from '../logprobs/completion-logprobs.ts';
import { completionCounts, meanOverRows, pairOf } from '../pairs/pair-batch.ts';
import { rewardMetrics, weighted } from '../pairs/pair-metrics.ts';
import { dpoLoss } from './dpo-loss.ts';
import type { DpoOptions, DpoResult } from './dpo-loss.ts';
import type { FDivergence } from './f-divergence.ts';
import { PAIR_LOSSES } from './pair-losses.ts';
import type { PairLossType } from './pair-losses.ts';
import { tokenWeights } from './reference.ts';
import { weightsOf } from './wpo-weights.ts';

beforeAll(() => useBackend('cpu'));

interface Case {
  losses: Record<string, number>;
  beta: number;
  labelSmoothing: number;
  divergence: string;
  alpha: number;
  ldAlpha: number | null;
  useWeighting: boolean;
  loss: number;
  gradient: number[];
  metrics: Record<string, number>;
}
interface PairFixture {
  inputIds: number[][];
  completionMask: number[][];
  logProbs: number[];
  referenceLogProbs: number[];
  logSumSqProbs: number[];
  cases: Case[];
}

const recorded = fixture<PairFixture>('trl-pairs');
const { batch, select, spread } = tokensOf(recorded);

const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

function divergenceOf({ divergence, alpha }: Case): FDivergence {
  return divergence === 'alpha_divergence' ? { alpha } : (camel(divergence) as FDivergence);
}

function optionsOf(entry: Case, logprobs: tf.Tensor): DpoOptions {
  // TRL 1.16's sigmoid takes no notice of label_smoothing
  const isSmoothed = !('sigmoid' in entry.losses);
  const aligned = tf.sub(logprobs, tf.tensor1d(select(recorded.logSumSqProbs)));
  return {
    beta: entry.beta,
    lossType: Object.fromEntries(
      Object.entries(entry.losses).map(([name, weight]) => [camel(name), weight]),
    ),
    labelSmoothing: isSmoothed ? entry.labelSmoothing : 0,
    fDivergence: divergenceOf(entry),
    lengths: pairOf(tf.tensor1d(completionCounts(batch))),
    chosenNll: tf.neg(weighted(logprobs, meanOverRows(batch, 0, batch.pairs))),
    weights: entry.useWeighting
      ? tf.variable(
          weightsOf(sumByRow(aligned, batch), tf.tensor1d(completionCounts(batch))),
          false,
        )
      : undefined,
  };
}

function compute(entry: Case) {
  const leaf = tf.variable(tf.tensor1d(select(recorded.logProbs)));
  const weights = tokenWeights(batch, entry.ldAlpha ?? 1);
  const reference = pairOf(
    sumByRow(tf.tensor1d(select(recorded.referenceLogProbs)), batch, weights),
  );
  const options = optionsOf(entry, tf.tensor1d(select(recorded.logProbs)));
  let result!: DpoResult;
  let metrics!: Record<string, number>;
  const { value, grads } = valueAndGrads(() => {
    const policy = pairOf(sumByRow(leaf, batch, weights));
    const chosenNll = tf.neg(weighted(leaf, meanOverRows(batch, 0, batch.pairs)));
    result = dpoLoss(policy, reference, { ...options, chosenNll });
    const rewards = { chosen: result.chosenRewards, rejected: result.rejectedRewards };
    metrics = Object.fromEntries(
      Object.entries(rewardMetrics({ logps: policy, rewards })).map(([name, scalar]) => [
        name,
        scalar.dataSync()[0]!,
      ]),
    );
    return tf.mean(result.losses);
  }, [leaf]);
  return { loss: value, gradient: spread(grads[0]!.dataSync()), metrics };
}

const nameOf = ({ losses, beta, divergence, alpha, ldAlpha, useWeighting }: Case) =>
  `${JSON.stringify(losses)} β ${beta} ${divergence}${divergence === 'alpha_divergence' ? ` ${alpha}` : ''}` +
  `${ldAlpha === null ? '' : ' LD'}${useWeighting ? ' WPO' : ''}`;

describe('dpoLoss', () => {
  it.each(recorded.cases.map((entry) => [nameOf(entry), entry] as const))(
    "%s equals TRL's, with its gradient",
    (_, entry) => {
      const { loss, gradient, metrics } = compute(entry);
      expectClose(loss, [entry.loss]);
      expectClose(gradient, entry.gradient);
      for (const [name, value] of Object.entries(metrics)) {
        expect(value, name).toBeCloseTo(entry.metrics[name]!, 4);
      }
    },
  );

  it('has a case for every loss', () => {
    const tested = new Set(recorded.cases.flatMap(({ losses }) => Object.keys(losses).map(camel)));
    expect([...tested].sort()).toEqual((Object.keys(PAIR_LOSSES) as PairLossType[]).sort());
  });
});
