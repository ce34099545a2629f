// Binary classifier optimisation of a policy on answers judged one by one.
import type { TrainResult } from '@llm/optim';
import { noGradient, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { Reference } from '../dpo/reference.ts';
import { completionTokens, sumByRow } from '../logprobs/completion-logprobs.ts';
import {
  countTokens,
  exampleBatches,
  runTraining,
  withoutDropout,
} from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';
import { bcoLoss, RunningMean } from './bco-loss.ts';
import { collateUnpaired } from './unpaired-batch.ts';
import type { PreparedUnpaired, UnpairedBatch } from './unpaired-batch.ts';
import { unpairedMetrics } from './unpaired-metrics.ts';
import { referencedUnpaired, unpairedReference } from './unpaired-reference.ts';

export interface BcoOptions extends TrainerOptions {
  /** The policy, trained in place: all of it, or what is not frozen (an adapter). */
  model: CausalLm;
  /** From tokenizeUnpaired, with weights where prompts of the two kinds differ (densityRatioWeights). */
  examples: readonly PreparedUnpaired[];
  /** @default the policy as it is when training starts, precomputed: no second model is kept */
  reference?: Reference;
  /** How strongly the policy is held to the reference; larger holds more. > 0. @default 0.1 */
  beta?: number;
}

/** Trains `model` to give wanted answers and not the unwanted ones. The default learning rate is 5e-7 (an adapter or a
 *  small model takes more). When resuming, pass the model that the run began with.
 *  Metrics: `delta`, `{rewards,logps,logits}/{chosen,rejected}`, `rewards/margins`, `entropy`. */
export async function trainBco(options: BcoOptions): Promise<TrainResult> {
  const { model, learningRate = 5e-7, padTokenId } = options;
  const shift = new RunningMean();
  const batches = exampleBatches('trainBco', referencedUnpaired(options.examples, options), {
    ...options,
    collate: (rows: PreparedUnpaired[]) => collateUnpaired(rows, padTokenId),
  });
  return runTraining<UnpairedBatch>(options, {
    model,
    batches,
    learningRate,
    resumables: { rewardShift: shift },
    loss: (batch) => {
      withoutDropout(model);
      return lossOf(batch, options, shift);
    },
    weight: (batch) => batch.batchSize,
    tokens: countTokens,
  });
}

function lossOf(batch: UnpairedBatch, options: BcoOptions, shift: RunningMean) {
  const { model, beta = 0.1 } = options;
  const tokens = completionTokens(model, batch);
  const logps = sumByRow(tokens.logprobs, batch); // [B]
  const reference = unpairedReference(batch, 'completion', options);
  const delta = shift.add(implicitRewards(logps, reference, beta));
  const weights = batch.lossWeights;
  const { losses, rewards } = bcoLoss(logps, reference, batch.wanted, { beta, delta, weights });
  const metrics = unpairedMetrics(model, batch, { tokens, logps, rewards });
  return { loss: tf.mean(losses), metrics: { ...metrics, delta: tf.scalar(delta) } };
}

function implicitRewards(logps: Tensor, reference: Tensor, beta: number) {
  return noGradient(() => scope(() => tf.mul(tf.sub(logps, reference), beta).dataSync()));
}
