// ORPO: fine-tuning and preference in one step, without a reference model.
import type { TrainResult } from '@llm/optim';
import { IGNORE_INDEX, noGradient, tf } from '@llm/tensor';
import { collatePairs } from '../data/collate.ts';
import type { CollateOptions, PairBatch } from '../data/collate.ts';
import type { PreferenceExample } from '../data/tokenize-preferences.ts';
import { logSigmoid } from '../logprobs/log-sigmoid.ts';
import { completionTokens, sumByRow } from '../logprobs/completion-logprobs.ts';
import { completionMeans, meanOverWholeRows, pairOf } from '../pairs/pair-batch.ts';
import { rewardMetrics, tokenMetrics, weighted } from '../pairs/pair-metrics.ts';
import { trainPairs } from '../pairs/train-pairs.ts';
import type { PairTrainerOptions } from '../pairs/train-pairs.ts';
import { orpoLoss } from './orpo-loss.ts';

export interface OrpoOptions extends PairTrainerOptions<PreferenceExample> {
  /** λ, factor of the odds-ratio term. ≥ 0. @default 0.1 */
  beta?: number;
}

/** Trains `model` on the chosen answers, prompts included, and to prefer them. The default learning rate is 1e-6 (an
 *  adapter or a small model takes more). Metrics: trainDpo's, and `nll_loss`, `log_odds_ratio`, `log_odds_chosen`. */
export function trainOrpo(options: OrpoOptions): Promise<TrainResult> {
  return trainPairs('trainOrpo', options, {
    learningRate: 1e-6,
    collate: (rows) => collateOrpo(rows, { padTokenId: options.padTokenId }),
    loss: (batch: PairBatch) => lossOf(batch, options),
  });
}

/** A pair batch in which the chosen rows' prompts are labelled too: ORPO fits whole texts, as in pretraining. */
export function collateOrpo(
  rows: readonly PreferenceExample[],
  options: CollateOptions,
): PairBatch {
  const batch = collatePairs(rows, options);
  const chosen = batch.pairs * batch.length;
  const labels = batch.labels.map((label, i) => {
    const isToken = i < chosen && batch.attentionMask[i] === 1;
    return isToken ? batch.inputIds[i]! : i < chosen ? IGNORE_INDEX : label;
  });
  return { ...batch, labels };
}

function lossOf(batch: PairBatch, { model, beta = 0.1 }: OrpoOptions) {
  const tokens = completionTokens(model, batch);
  const logps = pairOf(sumByRow(tokens.logprobs, batch, completionMeans(batch)));
  const { losses, chosenRewards, rejectedRewards, logOdds } = orpoLoss(logps, { beta });
  const nll = tf.neg(weighted(tokens.logprobs, meanOverWholeRows(batch, 0, batch.pairs)));
  const odds = noGradient(() => ({
    log_odds_ratio: tf.mean(logSigmoid(logOdds)),
    log_odds_chosen: tf.mean(logOdds),
  }));
  return {
    loss: tf.add(nll, tf.mean(losses)),
    metrics: {
      ...rewardMetrics({ logps, rewards: { chosen: chosenRewards, rejected: rejectedRewards } }),
      ...tokenMetrics(model, batch, tokens),
      ...{ nll_loss: nll, ...odds },
    },
  };
}
