// Group relative policy optimisation of a language model: sample a group of completions for each prompt, reward them,
// and make those better than their group likelier. Follows TRL 1.16's GRPOTrainer with defaults as there, except that
// one engine samples and trains, so nothing corrects for a difference between the two.
//
// Left out: tools and environments, an entropy bonus, several processes.
import type { TrainResult } from '@llm/optim';
import { scope, tf } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { GroupBatch } from '../groups/group-batches.ts';
import { trainGroups } from '../groups/train-groups.ts';
import type { GroupTrainerOptions } from '../groups/train-groups.ts';
import { checkedWeights } from '../groups/weighted-rewards.ts';
import { policyOutputs } from '../ppo/policy-outputs.ts';
import { groupAdvantages } from './group-advantages.ts';
import type { GroupAdvantageOptions } from './group-advantages.ts';
import { grpoLoss } from './grpo-loss.ts';
import type { GrpoOptions, GrpoResult } from './grpo-loss.ts';

export interface GrpoTrainerOptions
  extends
    GroupTrainerOptions,
    Omit<GrpoOptions, 'maxNewTokens'>,
    Pick<GroupAdvantageOptions, 'scaleRewards' | 'aggregation'> {}

/** Trains `model` against `rewards`. The default learning rate is 1e-6 (an adapter or a small model takes more).
 *  Metrics: `reward`, `reward_std`, `frac_reward_zero_std`, `rewards/<name>/mean|std`, `completions/*`, `num_tokens`,
 *  `entropy`, `kl`, `clip_ratio/*`. */
export async function trainGrpo(options: GrpoTrainerOptions): Promise<TrainResult> {
  const { model, learningRate = 1e-6, klCoeff = 0, groupSize = 8, rewards } = options;
  const rewardWeights = checkedWeights('trainGrpo', options.rewardWeights, rewards.length);
  return trainGroups(options, {
    method: {
      name: 'trainGrpo',
      isKlInReward: false,
      estimate: ({ values }) => groupAdvantages(values, { ...options, groupSize, rewardWeights }),
    },
    learningRate,
    klCoeff,
    loss: (batch) => grpoBatchLoss(model, batch, options),
  });
}

/** grpoLoss of a micro-batch under the policy. @returns scalars; the caller owns them */
export function grpoBatchLoss(
  policy: CausalLm,
  batch: GroupBatch,
  options: GrpoOptions & { temperature?: number } = {},
): GrpoResult {
  const { temperature = 1 } = options;
  const grid = (values: Float32Array | undefined) =>
    values && tf.tensor2d(values, [batch.batch.batchSize, batch.layout.steps]);
  return scope(() => {
    const { logprobs, entropies } = policyOutputs(policy, batch, { temperature });
    const input = {
      advantages: tf.tensor1d(batch.advantages),
      completionMask: tf.tensor2d(
        batch.lossMask,
        [batch.batch.batchSize, batch.layout.steps],
        'int32',
      ),
      oldLogprobs: grid(batch.oldLogprobs),
      referenceLogprobs: grid(batch.referenceLogprobs),
      entropies,
      meanTokens: batch.meanTokens,
    };
    return grpoLoss(logprobs, input, options);
  });
}
