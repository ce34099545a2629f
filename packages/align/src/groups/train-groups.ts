// The loop that GRPO and RLOO share: @llm/optim's `train` over groups of completions.
import type { StepMetrics, TrainResult } from '@llm/optim';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { PromptExample } from '../data/prompt-examples.ts';
import type { Reference } from '../dpo/reference.ts';
import { ConfigError } from '../errors.ts';
import type { RewardSource } from '../rewards/completion-reward.ts';
import { runTraining, withoutDropout } from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';
import { GroupBatches } from './group-batches.ts';
import type { Generation, GroupBatch, GroupBatchOptions, GroupMethod } from './group-batches.ts';

export interface GroupTrainerOptions
  extends Omit<TrainerOptions, 'batchSize' | 'signal'>, GroupBatchOptions {
  /** The policy, trained in place: all of it, or what is not frozen (an adapter). */
  model: CausalLm;
  /** From tokenizePrompts, or promptsOf. */
  prompts: readonly PromptExample[];
  /** Reward functions and reward models; see CompletionReward. */
  rewards: readonly RewardSource[];
  /** What each reward counts. @default 1 each */
  rewardWeights?: readonly number[];
  /** What the policy is held to where the method's KL coefficient is not 0: a frozenCopy, or the policy without
   *  its adapter. */
  reference?: Reference;
  /** After each generation: completions, rewards and advantages, to be looked at. */
  onGeneration?: (generation: Generation) => void | Promise<void>;
}

export interface GroupTraining {
  readonly method: GroupMethod;
  readonly learningRate: number;
  /** 0: no reference is needed. */
  readonly klCoeff: number;
  /** Runs under the tape. */
  readonly loss: (batch: GroupBatch) => { loss: Tensor; metrics: Record<string, Tensor> };
}

/** Trains; the metrics of each step, also those of `lastMetrics`, hold those of its generation. */
export async function trainGroups(
  options: GroupTrainerOptions,
  training: GroupTraining,
): Promise<TrainResult> {
  const { model, rewards, prompts } = options;
  const { method, learningRate, klCoeff, loss } = training;
  const reference = heldBy(method.name, options.reference, klCoeff);
  const batches = new GroupBatches(method, { policy: model, rewards, reference }, prompts, options);
  batches.onGeneration = options.onGeneration;
  const whole = (step: StepMetrics): StepMetrics => ({
    ...step,
    metrics: finite({ ...batches.metrics, ...step.metrics }),
  });
  const result = await runTraining<GroupBatch>(
    {
      ...options,
      onStep: async (step) => {
        const metrics = whole(step);
        return { ...metrics.metrics, ...(await options.onStep?.(metrics)) };
      },
    },
    {
      model,
      learningRate,
      batches,
      loss: (batch) => {
        withoutDropout(model);
        return loss(batch);
      },
      tokens: (batch) => batch.batch.attentionMask.reduce((sum, keep) => sum + keep, 0),
    },
  );
  const { lastMetrics } = result;
  return lastMetrics ? { ...result, lastMetrics: whole(lastMetrics) } : result;
}

function heldBy(
  name: string,
  reference: Reference | undefined,
  klCoeff: number,
): Reference | undefined {
  if (klCoeff === 0) return undefined;
  if (reference) return reference;
  throw new ConfigError(
    `${name}: reference: expected a model beside klCoeff ${klCoeff}, got none. ` +
      'Pass frozenCopy(model), a function that switches the adapter off, or klCoeff: 0.',
  );
}

/** JSON has no NaN: a reward that never applied has no mean. */
function finite(metrics: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}
