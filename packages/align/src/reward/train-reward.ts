// Training a reward model on preference pairs.
import type { TrainResult } from '@llm/optim';
import { noGradient, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { RewardModel } from '@llm/transformer';
import { collatePairs } from '../data/collate.ts';
import type { PairBatch, TokenBatch } from '../data/collate.ts';
import type { PreferenceExample } from '../data/tokenize-preferences.ts';
import { attentionTensor, inputTensor } from '../logprobs/completion-logprobs.ts';
import { exampleBatches, runTraining, withoutDropout } from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';
import { pairwiseRewardLoss } from './pairwise-reward-loss.ts';

export interface RewardOptions extends TrainerOptions {
  /** Trained in place: body and head, or what is not frozen. */
  model: RewardModel;
  /** From tokenizePreferences, best with tooLong: 'drop'. */
  examples: readonly PreferenceExample[];
  /** Weight of (s_w + s_l)², which keeps scores near 0; 0.01 is usual. @default 0 */
  centreCoeff?: number;
}

/** Trains `model` to score `chosen` above `rejected`. The default learning rate is 1e-4.
 *  Metrics: `accuracy`, `margin`, `min_reward`, `mean_reward`, `max_reward`. */
export async function trainReward(options: RewardOptions): Promise<TrainResult> {
  const { model, examples, centreCoeff = 0, learningRate = 1e-4, padTokenId } = options;
  const batches = exampleBatches('trainReward', examples, {
    ...options,
    collate: (rows: PreferenceExample[]) => collatePairs(rows, { padTokenId }),
  });
  return runTraining<PairBatch>(options, {
    model,
    batches,
    learningRate,
    loss: (batch) => {
      withoutDropout(model);
      const scores = scoreRows(model, batch); // [2B]
      const [chosen, rejected] = tf.split(scores, 2) as [Tensor, Tensor];
      const margins = tf.tensor1d(batch.margins);
      const losses = pairwiseRewardLoss(chosen, rejected, { margins, centreCoeff });
      return { loss: tf.mean(losses), metrics: scoreMetrics(scores, chosen, rejected) };
    },
    weight: (batch) => batch.pairs,
    tokens: (batch) => batch.attentionMask.reduce((sum, keep) => sum + keep, 0),
  });
}

/** The score of each row, [B]; the caller owns it. */
export function scoreRows(model: RewardModel, batch: TokenBatch): Tensor {
  return scope(() => model.forward(inputTensor(batch), { attentionMask: attentionTensor(batch) }));
}

function scoreMetrics(scores: Tensor, chosen: Tensor, rejected: Tensor): Record<string, Tensor> {
  return noGradient(() => ({
    accuracy: tf.mean(tf.cast(tf.greater(chosen, rejected), 'float32')),
    margin: tf.mean(tf.sub(chosen, rejected)),
    min_reward: tf.min(scores),
    mean_reward: tf.mean(scores),
    max_reward: tf.max(scores),
  }));
}
