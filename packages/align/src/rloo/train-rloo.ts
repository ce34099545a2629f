// REINFORCE leave-one-out of a language model: the baseline of a completion is the mean reward of the others of its
// prompt, so no critic is needed. Follows TRL 1.16's RLOOTrainer.
import type { TrainResult } from '@llm/optim';
import { noGradient, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { GroupBatch } from '../groups/group-batches.ts';
import { trainGroups } from '../groups/train-groups.ts';
import type { GroupTrainerOptions } from '../groups/train-groups.ts';
import { checkedWeights } from '../groups/weighted-rewards.ts';
import { maskedMean, maskedSum } from '../masking/masked-mean.ts';
import { policyOutputs } from '../ppo/policy-outputs.ts';
import { leaveOneOutAdvantages } from './leave-one-out-advantages.ts';
import type { LeaveOneOutOptions } from './leave-one-out-advantages.ts';
import { rlooLoss } from './rloo-loss.ts';
import type { RlooOptions } from './rloo-loss.ts';

export interface RlooTrainerOptions
  extends GroupTrainerOptions, RlooOptions, Omit<LeaveOneOutOptions, 'groupSize'> {
  /** Completions of one prompt. @default 2 */
  groupSize?: number;
}

/** Trains `model` against `rewards`. The default learning rate is 1e-6 (an adapter or a small model takes more).
 *  Metrics as of trainGrpo. */
export async function trainRloo(options: RlooTrainerOptions): Promise<TrainResult> {
  const { model, rewards, learningRate = 1e-6, klCoeff = 0.05, groupSize = 2 } = options;
  const rewardWeights = checkedWeights('trainRloo', options.rewardWeights, rewards.length);
  return trainGroups(
    { ...options, groupSize },
    {
      method: {
        name: 'trainRloo',
        isKlInReward: true,
        estimate: ({ values }, kl) =>
          leaveOneOutAdvantages(values, kl, { ...options, groupSize, klCoeff, rewardWeights }),
      },
      learningRate,
      klCoeff,
      loss: (batch) => rlooBatchLoss(model, batch, options),
    },
  );
}

/** rlooLoss of a micro-batch under the policy. @returns scalars; the caller owns them */
export function rlooBatchLoss(
  policy: CausalLm,
  batch: GroupBatch,
  options: RlooOptions & { temperature?: number } = {},
): { loss: Tensor; metrics: Record<string, Tensor> } {
  const { temperature = 1 } = options;
  const shape: [number, number] = [batch.batch.batchSize, batch.layout.steps];
  return scope(() => {
    const { logprobs, entropies } = policyOutputs(policy, batch, { temperature });
    const mask = tf.tensor2d(batch.lossMask, shape, 'int32');
    const sums = (values: Float32Array) => maskedSum(tf.tensor2d(values, shape), mask);
    const old = sums(batch.oldLogprobs ?? Float32Array.from(logprobs.dataSync()));
    const advantages = tf.tensor1d(batch.advantages);
    const { loss, metrics } = rlooLoss(
      maskedSum(logprobs, mask),
      { oldLogprobs: old, advantages },
      options,
    );
    const frozen = batch.referenceLogprobs;
    const more = noGradient(() => ({
      entropy: maskedMean(entropies, mask),
      ...(frozen && { kl: klOfTokens(batch, frozen) }),
    }));
    return { loss, metrics: { ...metrics, ...more } };
  });
}

/** Mean over tokens of log π_old − log π_ref. */
function klOfTokens({ oldLogprobs, lossMask }: GroupBatch, frozen: Float32Array): Tensor {
  const difference = tf.sub(tf.tensor1d(oldLogprobs!), tf.tensor1d(frozen));
  return maskedMean(difference, tf.tensor1d(lossMask, 'int32'));
}
