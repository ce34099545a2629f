// TPO, triple preference optimisation (Saeidi et al. 2024, arXiv 2405.16681): prefer `chosen` to `rejected` and imitate a
// third, best answer at the same time; no reference model. Equal to TRL 1.16's TPOTrainer.
import type { TrainResult } from '@llm/optim';
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { collate, collatePairs, joined } from '../data/collate.ts';
import type { CollateOptions, PairBatch } from '../data/collate.ts';
import type { TripleExample } from '../data/triples.ts';
import type { PairOf } from '../dpo/losses/pair-loss.ts';
import { completionTokens, sumByRow } from '../logprobs/completion-logprobs.ts';
import { completionMeans, meanOverRows } from '../pairs/pair-batch.ts';
import { rewardMetrics, tokenMetrics, weighted } from '../pairs/pair-metrics.ts';
import { trainPairs } from '../pairs/train-pairs.ts';
import type { PairTrainerOptions } from '../pairs/train-pairs.ts';
import { cpoLoss, isAveraged } from './cpo-loss.ts';
import type { CpoLossOptions, CpoResult } from './cpo-loss.ts';

export type TpoLossType = 'sigmoid' | 'hinge' | 'ipo' | 'tpoL';

export interface TpoLossOptions extends Pick<CpoLossOptions, 'labelSmoothing'> {
  /** Factor of the rewards. > 0. @default 0.01 */
  beta?: number;
  /** tpoL averages over tokens and asks for a margin γ, as SimPO. @default 'sigmoid' */
  lossType?: TpoLossType;
  /** γ of tpoL. @default 0.5 */
  gamma?: number;
}

export interface TpoOptions extends PairTrainerOptions<TripleExample>, TpoLossOptions {
  /** Factor of the reference answers' mean −log p; 0 leaves them out. @default 1 */
  tpoAlpha?: number;
}

/** Rows 0 … B−1 are chosen, B … 2B−1 rejected, 2B … 3B−1 the references (absent with tpoAlpha 0). */
export function collateTriples(
  rows: readonly TripleExample[],
  options: CollateOptions & { readonly hasReferences: boolean },
): PairBatch {
  const pairs = collatePairs(rows, options);
  if (!options.hasReferences) return pairs;
  const answers = [
    ...rows.map(({ promptIds, chosenIds }) => joined(promptIds, chosenIds)),
    ...rows.map(({ promptIds, rejectedIds }) => joined(promptIds, rejectedIds)),
    ...rows.map(({ promptIds, referenceIds }) => joined(promptIds, referenceIds)),
  ];
  return { ...pairs, ...collate(answers, options) };
}

/** The preference term. @param logps each [B]: means over tokens for ipo and tpoL, sums for the others */
export function tpoLoss(logps: PairOf<Tensor>, options: TpoLossOptions = {}): CpoResult {
  const { beta = 0.01, gamma = 0.5, labelSmoothing = 0 } = options;
  return cpoLoss(logps, { beta, labelSmoothing, simpoGamma: gamma, lossType: cpoType(options) });
}

/** Trains `model` on triples. The default learning rate is 5e-7 (an adapter or a small model takes more).
 *  Metrics: trainDpo's, and `nll_loss` of the references. */
export function trainTpo(options: TpoOptions): Promise<TrainResult> {
  const { padTokenId, tpoAlpha = 1 } = options;
  return trainPairs('trainTpo', options, {
    learningRate: 5e-7,
    collate: (rows) => collateTriples(rows, { padTokenId, hasReferences: tpoAlpha !== 0 }),
    loss: (batch: PairBatch) => lossOf(batch, { ...options, tpoAlpha }),
  });
}

function lossOf(batch: PairBatch, options: TpoOptions & { readonly tpoAlpha: number }) {
  const { model, tpoAlpha } = options;
  const { pairs: B } = batch;
  const tokens = completionTokens(model, batch);
  const logps = answerLogps(tokens.logprobs, batch, options);
  const { losses, chosenRewards, rejectedRewards } = tpoLoss(logps, options);
  const metrics = {
    ...rewardMetrics({ logps, rewards: { chosen: chosenRewards, rejected: rejectedRewards } }),
    ...tokenMetrics(model, batch, tokens),
  };
  if (tpoAlpha === 0) return { loss: tf.mean(losses), metrics };
  const nll = tf.neg(weighted(tokens.logprobs, meanOverRows(batch, 2 * B, 3 * B)));
  return {
    loss: tf.add(tf.mean(losses), tf.mul(nll, tpoAlpha)),
    metrics: { ...metrics, nll_loss: nll },
  };
}

/** Log-probabilities of chosen and rejected answers as the loss takes them, each [B]. @param logprobs [N] */
export function answerLogps(
  logprobs: Tensor,
  batch: PairBatch,
  options: TpoLossOptions,
): PairOf<Tensor> {
  const weights = isAveraged(cpoType(options)) ? completionMeans(batch) : undefined;
  const sums = sumByRow(logprobs, batch, weights); // [2B or 3B]
  const { pairs: B } = batch;
  return { chosen: tf.slice(sums, [0], [B]), rejected: tf.slice(sums, [B], [B]) };
}

/** The loss of the same form in CPO's table. */
function cpoType({ lossType = 'sigmoid' }: TpoLossOptions) {
  return lossType === 'tpoL' ? 'simpo' : lossType;
}
