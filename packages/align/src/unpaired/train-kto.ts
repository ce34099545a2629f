// Kahneman–Tversky optimisation of a policy on answers judged one by one.
import type { TrainResult } from '@llm/optim';
import { noGradient, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { Reference } from '../dpo/reference.ts';
import { completionSums, completionTokens, sumByRow } from '../logprobs/completion-logprobs.ts';
import {
  countTokens,
  exampleBatches,
  runTraining,
  withoutDropout,
} from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';
import { ktoLoss } from './kto-loss.ts';
import type { KtoLossOptions } from './kto-loss.ts';
import { collateUnpaired, withMismatches } from './unpaired-batch.ts';
import type { PreparedUnpaired, UnpairedBatch } from './unpaired-batch.ts';
import { unpairedMetrics } from './unpaired-metrics.ts';
import { referencedUnpaired, unpairedReference } from './unpaired-reference.ts';

export interface KtoOptions extends TrainerOptions, Omit<KtoLossOptions, 'kl'> {
  /** The policy, trained in place: all of it, or what is not frozen (an adapter). */
  model: CausalLm;
  /** From tokenizeUnpaired. */
  examples: readonly PreparedUnpaired[];
  /** @default the policy as it is when training starts, precomputed: no second model is kept */
  reference?: Reference;
}

/** Trains `model` to give wanted answers and not the unwanted ones. The default learning rate is 1e-6 (an adapter or a
 *  small model takes more). When resuming, pass the model that the run began with.
 *  Metrics: `kl`, `{rewards,logps,logits}/{chosen,rejected}`, `rewards/margins`, `entropy`. */
export async function trainKto(options: KtoOptions): Promise<TrainResult> {
  const { model, lossType = 'kto', batchSize = 8, learningRate = 1e-6, padTokenId } = options;
  const isPaired = options.examples.every((example) => example.mismatchedIds !== undefined);
  const needsMismatches = lossType === 'kto' && !isPaired;
  const examples = needsMismatches ? withMismatches(options.examples, batchSize) : options.examples;
  const batches = exampleBatches('trainKto', referencedUnpaired(examples, options), {
    ...options,
    collate: (rows: PreparedUnpaired[]) => collateUnpaired(rows, padTokenId),
  });
  return runTraining<UnpairedBatch>(options, {
    model,
    batches,
    learningRate,
    loss: (batch) => {
      withoutDropout(model);
      return lossOf(batch, options);
    },
    weight: (batch) => batch.batchSize,
    tokens: countTokens,
  });
}

function lossOf(batch: UnpairedBatch, options: KtoOptions) {
  const { model } = options;
  const tokens = completionTokens(model, batch);
  const logps = sumByRow(tokens.logprobs, batch); // [B]
  const kl = klEstimate(batch, options);
  const reference = unpairedReference(batch, 'completion', options);
  const { losses, rewards } = ktoLoss(logps, reference, batch.wanted, { ...options, kl });
  const metrics = unpairedMetrics(model, batch, { tokens, logps, rewards });
  return { loss: tf.mean(losses), metrics: { ...metrics, kl } };
}

/** z = max(0, mean of log π − log π_ref over mismatched pairs), a scalar without a gradient. */
function klEstimate(batch: UnpairedBatch, options: KtoOptions): Tensor {
  const { mismatched } = batch;
  if (options.lossType === 'apoZeroUnpaired' || !mismatched) return tf.scalar(0);
  return noGradient(() =>
    scope(() => {
      const ours = completionSums(options.model, mismatched);
      const theirs = unpairedReference(batch, 'mismatched', options);
      return tf.relu(tf.mean(tf.sub(ours, theirs)));
    }),
  );
}
