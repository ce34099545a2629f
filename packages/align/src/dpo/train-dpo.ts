// Direct preference optimisation of a policy on pairs.
import type { TrainResult } from '@llm/optim';
import { noGradient, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { collatePairs } from '../data/collate.ts';
import type { PairBatch } from '../data/collate.ts';
import type { PreferenceExample } from '../data/tokenize-preferences.ts';
import { completionLogprobs, sumByRow } from '../logprobs/completion-logprobs.ts';
import { exampleBatches, runTraining, withoutDropout } from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';
import { dpoLoss } from './dpo-loss.ts';
import type { DpoOptions, DpoResult, PairLogprobs } from './dpo-loss.ts';
import { precomputeReference, referenceSums } from './reference.ts';
import type { Reference, ReferencedExample } from './reference.ts';

export interface DpoTrainerOptions extends TrainerOptions, Omit<DpoOptions, 'lengths'> {
  /** The policy, trained in place: all of it, or what is not frozen (an adapter). */
  model: CausalLm;
  /** From tokenizePreferences, or precomputeReference. */
  examples: readonly (PreferenceExample | ReferencedExample)[];
  /** @default the policy as it is when training starts, precomputed: no second model is kept */
  reference?: Reference;
}

interface DpoBatch extends PairBatch {
  /** [2B] when precomputed. */
  readonly referenceLogprobs?: Float32Array;
}

/** Trains `model` to prefer `chosen` to `rejected` more than the reference does. The default learning rate is 1e-6
 *  (an adapter or a small model takes more). When resuming, pass the model that the run began with.
 *  Metrics: `rewards/chosen`, `rewards/rejected`, `rewards/accuracies`, `rewards/margins`, `logps/chosen`,
 *  `logps/rejected`, `entropy`. */
export async function trainDpo(options: DpoTrainerOptions): Promise<TrainResult> {
  const { model, reference, learningRate = 1e-6, padTokenId, batchSize } = options;
  const isReady = options.examples.every((example) => 'referenceLogprobs' in example);
  const examples =
    reference || isReady
      ? options.examples
      : precomputeReference(model, options.examples, { batchSize, padTokenId });
  const batches = exampleBatches('trainDpo', examples, {
    ...options,
    collate: (rows: PreferenceExample[]) => collateReferenced(rows, padTokenId),
  });
  return runTraining<DpoBatch>(options, {
    model,
    batches,
    learningRate,
    loss: (batch) => {
      withoutDropout(model);
      return pairLoss(batch, options);
    },
    weight: (batch) => batch.pairs,
    tokens: (batch) => batch.attentionMask.reduce((sum, keep) => sum + keep, 0),
  });
}

function pairLoss(batch: DpoBatch, options: DpoTrainerOptions) {
  const { model, reference, beta, lossType, labelSmoothing } = options;
  const { logprobs, entropies } = completionLogprobs(model, batch);
  const policy = pairOf(sumByRow(logprobs, batch));
  const frozen = pairOf(
    reference
      ? referenceSums(model, reference, batch)
      : tf.tensor1d(batch.referenceLogprobs ?? new Float32Array()),
  );
  const lengths = pairOf(completionLengths(batch));
  const result = dpoLoss(policy, frozen, { beta, lossType, labelSmoothing, lengths });
  const metrics = { ...pairMetrics(policy, result), entropy: tf.mean(entropies) };
  return { loss: tf.mean(result.losses), metrics };
}

function collateReferenced(rows: readonly PreferenceExample[], padTokenId?: number): DpoBatch {
  const batch = collatePairs(rows, { padTokenId });
  const known = rows.filter((row): row is ReferencedExample => 'referenceLogprobs' in row);
  if (known.length < rows.length) return batch;
  const values = [
    ...known.map((row) => row.referenceLogprobs.chosen),
    ...known.map((row) => row.referenceLogprobs.rejected),
  ];
  return { ...batch, referenceLogprobs: Float32Array.from(values) };
}

/** Rows 0 … B−1 are the chosen completions. @param values [2B] */
export function pairOf(values: Tensor): PairLogprobs {
  const [chosen, rejected] = tf.split(values, 2) as [Tensor, Tensor];
  return { chosen, rejected };
}

/** Completion tokens of each row, [2B]. */
function completionLengths(batch: PairBatch): Tensor {
  const mask = tf.tensor2d(batch.completionMask, [batch.batchSize, batch.length], 'int32');
  return tf.sum(tf.cast(mask, 'float32'), 1);
}

function pairMetrics(policy: PairLogprobs, result: DpoResult): Record<string, Tensor> {
  const { chosenRewards, rejectedRewards } = result;
  return noGradient(() => ({
    'rewards/chosen': tf.mean(chosenRewards),
    'rewards/rejected': tf.mean(rejectedRewards),
    'rewards/accuracies': tf.mean(tf.cast(tf.greater(chosenRewards, rejectedRewards), 'float32')),
    'rewards/margins': tf.mean(tf.sub(chosenRewards, rejectedRewards)),
    'logps/chosen': tf.mean(policy.chosen),
    'logps/rejected': tf.mean(policy.rejected),
  }));
}
