// Direct preference optimisation of a policy on pairs.
import type { TrainResult } from '@llm/optim';
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import { collatePairs } from '../data/collate.ts';
import type { PairBatch } from '../data/collate.ts';
import type { PreferenceExample } from '../data/tokenize-preferences.ts';
import { ConfigError } from '../errors.ts';
import { completionTokens, sumByRow } from '../logprobs/completion-logprobs.ts';
import { completionCounts, meanOverRows, pairOf } from '../pairs/pair-batch.ts';
import { rewardMetrics, tokenMetrics, weighted } from '../pairs/pair-metrics.ts';
import {
  countTokens,
  exampleBatches,
  runTraining,
  withoutDropout,
} from '../training/run-training.ts';
import type { TrainerOptions } from '../training/run-training.ts';
import { dpoLoss } from './dpo-loss.ts';
import type { DpoOptions } from './dpo-loss.ts';
import { precomputeReference, referenceSums, tokenWeights } from './reference.ts';
import type { Reference, ReferencedExample } from './reference.ts';
import { mixIntoReference, syncOptions } from './sync-reference.ts';
import type { SyncReferenceOptions } from './sync-reference.ts';
import { wpoWeights } from './wpo-weights.ts';

export interface DpoTrainerOptions
  extends TrainerOptions, Omit<DpoOptions, 'lengths' | 'chosenNll' | 'weights'> {
  /** The policy, trained in place: all of it, or what is not frozen (an adapter). */
  model: CausalLm;
  /** From tokenizePreferences, or precomputeReference. */
  examples: readonly (PreferenceExample | ReferencedExample)[];
  /** 'none' rewards the policy's own likelihood (reference-free).
   *  @default the policy as it is when training starts, precomputed: no second model is kept */
  reference?: Reference | 'none';
  /** Lets the reference follow the policy; `reference` must be a model of its own, which changes. @default it stays */
  syncReference?: SyncReferenceOptions;
  /** Weight of what the longer completion of a pair has beyond the shorter one's length (LD-DPO). @default 1 */
  ldAlpha?: number;
  /** Weighs pairs by how likely the policy would write them (WPO). @default false */
  useWeighting?: boolean;
}

interface DpoBatch extends PairBatch {
  /** [2B] when precomputed. */
  readonly referenceLogprobs?: Float32Array;
}

/** Trains `model` to prefer `chosen` to `rejected` more than the reference does. The default learning rate is 1e-6
 *  (an adapter or a small model takes more). When resuming, pass the model that the run began with.
 *  Metrics: `rewards/{chosen,rejected,accuracies,margins}`, `logps/{chosen,rejected}`, `logits/{chosen,rejected}`,
 *  `entropy`, `mean_token_accuracy`. */
export async function trainDpo(options: DpoTrainerOptions): Promise<TrainResult> {
  const { model, learningRate = 1e-6, padTokenId } = options;
  const sync = followedReference(options);
  const batches = exampleBatches('trainDpo', referencedExamples(options), {
    ...options,
    collate: (rows: PreferenceExample[]) => collateReferenced(rows, padTokenId),
  });
  return runTraining<DpoBatch>(
    { ...options, onStep: sync ? sync.onStep : options.onStep },
    {
      model,
      batches,
      learningRate,
      ...(sync && { frozen: { reference: sync.reference } }),
      loss: (batch) => {
        withoutDropout(model);
        return pairLoss(batch, options);
      },
      weight: (batch) => batch.pairs,
      tokens: countTokens,
    },
  );
}

function referencedExamples(options: DpoTrainerOptions): DpoTrainerOptions['examples'] {
  const { model, reference, examples, batchSize, padTokenId, ldAlpha } = options;
  const isReady = examples.every((example) => 'referenceLogprobs' in example);
  if (reference || isReady) return examples;
  return precomputeReference(model, examples, { batchSize, padTokenId, ldAlpha });
}

/** The reference that follows the policy, and the onStep that moves it; undefined where none does. */
function followedReference({ model, reference, syncReference, onStep }: DpoTrainerOptions) {
  if (!syncReference) return undefined;
  if (typeof reference !== 'object') {
    throw new ConfigError(
      'trainDpo: syncReference: expected reference to be a model of its own, ' +
        `got ${reference === undefined ? 'precomputed log-probabilities' : 'none'}. Pass reference: frozenCopy(model).`,
    );
  }
  const { every, mixup } = syncOptions(syncReference);
  const step: NonNullable<typeof onStep> = (metrics) => {
    if (metrics.step % every === 0) mixIntoReference(reference, model, mixup);
    return onStep?.(metrics);
  };
  return { reference, onStep: step };
}

function pairLoss(batch: DpoBatch, options: DpoTrainerOptions) {
  const { model, ldAlpha, useWeighting = false } = options;
  const tokens = completionTokens(model, batch);
  const weights = tokenWeights(batch, ldAlpha);
  const policy = pairOf(sumByRow(tokens.logprobs, batch, weights));
  const result = dpoLoss(policy, pairOf(referenceOf(batch, options, weights)), {
    ...options,
    lengths: pairOf(tf.tensor1d(completionCounts(batch))),
    chosenNll: tf.neg(weighted(tokens.logprobs, meanOverRows(batch, 0, batch.pairs))),
    weights: useWeighting ? wpoWeights(model, batch, tokens) : undefined,
  });
  const rewards = { chosen: result.chosenRewards, rejected: result.rejectedRewards };
  const metrics = {
    ...rewardMetrics({ logps: policy, rewards }),
    ...tokenMetrics(model, batch, tokens),
  };
  return { loss: tf.mean(result.losses), metrics };
}

/** log π_ref of each row, [2B]. */
function referenceOf(
  batch: DpoBatch,
  { model, reference }: DpoTrainerOptions,
  weights: Float32Array | undefined,
): Tensor {
  if (reference === 'none') return tf.zeros([batch.batchSize]);
  if (reference) return referenceSums(model, reference, batch, weights);
  return tf.tensor1d(batch.referenceLogprobs!);
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
