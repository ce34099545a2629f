// CPO, SimPO and AlphaPO: preference training without a reference model.
import type { TrainResult } from '@llm/optim';
import { tf } from '@llm/tensor';
import { collatePairs } from '../data/collate.ts';
import type { PairBatch } from '../data/collate.ts';
import type { PreferenceExample } from '../data/tokenize-preferences.ts';
import { completionTokens, sumByRow } from '../logprobs/completion-logprobs.ts';
import { completionMeans, meanOverRows, pairOf } from '../pairs/pair-batch.ts';
import { rewardMetrics, tokenMetrics, weighted } from '../pairs/pair-metrics.ts';
import { trainPairs } from '../pairs/train-pairs.ts';
import type { PairTrainerOptions } from '../pairs/train-pairs.ts';
import { cpoLoss, isAveraged } from './cpo-loss.ts';
import type { CpoLossOptions } from './cpo-loss.ts';

export interface CpoOptions extends PairTrainerOptions<PreferenceExample>, CpoLossOptions {
  /** Factor of the chosen answers' mean −log p, which keeps them likely. @default 1 */
  cpoAlpha?: number;
}

/** Trains `model` to prefer `chosen` to `rejected`, without a reference. The default learning rate is 1e-6 (an adapter or
 *  a small model takes more). Metrics: trainDpo's, and `nll_loss`. */
export function trainCpo(options: CpoOptions): Promise<TrainResult> {
  return trainPairs('trainCpo', options, {
    learningRate: 1e-6,
    collate: (rows) => collatePairs(rows, { padTokenId: options.padTokenId }),
    loss: (batch: PairBatch) => lossOf(batch, options),
  });
}

/** SimPO: trainCpo with the loss simpo and without the likelihood term; with `alpha` AlphaPO. The defaults are the
 *  paper's: beta 2, simpoGamma 1. */
export function trainSimpo(
  options: Omit<CpoOptions, 'lossType' | 'cpoAlpha'>,
): Promise<TrainResult> {
  const { beta = 2, simpoGamma = 1 } = options;
  return trainCpo({ ...options, beta, simpoGamma, lossType: 'simpo', cpoAlpha: 0 });
}

function lossOf(batch: PairBatch, options: CpoOptions) {
  const { model, cpoAlpha = 1, lossType = 'sigmoid' } = options;
  const tokens = completionTokens(model, batch);
  const weights = isAveraged(lossType) ? completionMeans(batch) : undefined;
  const logps = pairOf(sumByRow(tokens.logprobs, batch, weights));
  const { losses, chosenRewards, rejectedRewards } = cpoLoss(logps, options);
  const nll = tf.neg(weighted(tokens.logprobs, meanOverRows(batch, 0, batch.pairs)));
  const loss = tf.mean(losses);
  return {
    loss: cpoAlpha === 0 ? loss : tf.add(loss, tf.mul(nll, cpoAlpha)),
    metrics: {
      ...rewardMetrics({ logps, rewards: { chosen: chosenRewards, rejected: rejectedRewards } }),
      ...tokenMetrics(model, batch, tokens),
      nll_loss: nll,
    },
  };
}
