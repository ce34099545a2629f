// One batch of experience: answers sampled on the KV cache, their log-probabilities under the policy and the
// reference, their scores and values, and from these rewards, advantages and returns. Everything in plain arrays, so
// that minibatches are slices and a checkpoint can hold it.
import { scope, tf } from '@llm/tensor';
import { generate } from '@llm/transformer';
import type { CausalLm, ValueModel } from '@llm/transformer';
import type { TokenBatch } from '../data/collate.ts';
import type { Reference } from '../dpo/reference.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';
import { whiten } from '../masking/whiten.ts';
import { fullKl } from './full-kl.ts';
import { gae } from './gae.ts';
import { klPenaltyRewards, valueMask } from './kl-penalty-rewards.ts';
import type { KlEstimator, ScorePlace } from './kl-penalty-rewards.ts';
import { actorCriticOutputs, policyOutputs } from './policy-outputs.ts';
import type { Answers } from './policy-outputs.ts';
import { layOutResponses } from './response-layout.ts';
import { scoreSamples } from './score-samples.ts';
import type { Reward, Sample } from './score-samples.ts';
import { selectRows } from './select-rows.ts';

/** Who plays. */
export interface PpoModels {
  readonly policy: CausalLm;
  readonly critic: ValueModel;
  readonly reference: Reference;
  readonly reward: Reward;
}

export interface RolloutOptions {
  /** Longest answer in tokens. @default 53 */
  maxNewTokens?: number;
  /** Answers are sampled from, and all log-probabilities taken of, softmax(logits / temperature). @default 0.7 */
  temperature?: number;
  /** Ids that end an answer. @default the model configuration's eosTokenId */
  stopTokens?: readonly number[];
  /** Taken from the score of an answer without a stop token. @default 0 */
  missingEosPenalty?: number;
  /** Price of one nat of divergence from the reference. @default 0.05 */
  klCoeff?: number;
  /** @default 'k1' */
  klEstimator?: KlEstimator;
  /** @default 'after' */
  scorePlace?: ScorePlace;
  /** Scale rewards to variance 1. @default false */
  whitenRewards?: boolean;
  /** @default 1 */
  gamma?: number;
  /** @default 0.95 */
  lambda?: number;
  /** Rows of one forward pass outside training. @default 64 */
  forwardBatchSize?: number;
  /** @default 0 */
  padTokenId?: number;
}

/** Arrays are [B, T] unless they say otherwise; zero where nothing counts. */
export interface Rollout extends Answers {
  readonly samples: readonly Sample[];
  readonly logprobs: Float32Array;
  readonly referenceLogprobs: Float32Array;
  readonly values: Float32Array;
  readonly advantages: Float32Array;
  readonly returns: Float32Array;
  /** [B] */
  readonly scores: Float32Array;
  /** Σ over the answer of the estimated KL, [B]. */
  readonly kl: Float32Array;
  /** −klCoeff·kl, [B]. */
  readonly nonScoreRewards: Float32Array;
}

/** Samples an answer to each prompt and works out what to learn from it. */
export async function collectRollout(
  models: PpoModels,
  prompts: readonly (readonly number[])[],
  options: RolloutOptions & { seed: number; shapeScores?: (scores: Float32Array) => Float32Array },
): Promise<Rollout> {
  return rolloutFrom(models, await sampleAnswers(models.policy, prompts, options), options);
}

/** Works out what to learn from answers that the policy gave. */
export async function rolloutFrom(
  models: PpoModels,
  samples: readonly Sample[],
  options: RolloutOptions & { shapeScores?: (scores: Float32Array) => Float32Array } = {},
): Promise<Rollout> {
  const { temperature = 0.7, padTokenId, missingEosPenalty } = options;
  const { forwardBatchSize: batchSize = 64 } = options;
  const answers = layOutResponses(
    samples.map((sample) => sample.promptIds),
    samples.map((sample) => sample.completionIds),
    padTokenId,
  );
  const scoring = { missingEosPenalty, batchSize, padTokenId };
  const raw = await scoreSamples(models.reward, samples, scoring);
  const scores = options.shapeScores?.(raw) ?? raw;
  const isFull = options.klEstimator === 'full';
  const { fullKl: full, ...measured } = measure(models, answers, {
    temperature,
    batchSize,
    isFull,
  });
  return {
    ...answers,
    samples,
    scores,
    ...measured,
    ...estimate(answers, scores, { ...measured, fullKl: full }, options),
  };
}

/** One answer to each prompt, sampled with the KV cache. */
export async function sampleAnswers(
  policy: CausalLm,
  prompts: readonly (readonly number[])[],
  options: Pick<RolloutOptions, 'maxNewTokens' | 'temperature' | 'stopTokens'> & { seed: number },
): Promise<Sample[]> {
  const { maxNewTokens = 53, temperature = 0.7, stopTokens, seed } = options;
  const stop = stopTokens ? { stopTokens } : {};
  const { sequences, finishReasons } = await inEvalMode(policy, () =>
    generate(policy, prompts, { maxNewTokens, temperature, seed, ...stop }),
  );
  return prompts.map((promptIds, b) => ({
    promptIds,
    completionIds: sequences[b] ?? [],
    isFinished: finishReasons[b] === 'stop',
  }));
}

type Measured = Pick<Rollout, 'logprobs' | 'referenceLogprobs' | 'values'> & {
  /** Only if asked for. */
  readonly fullKl: Float32Array | undefined;
};

/** Log-probabilities and values by teacher forcing, `batchSize` rows at a time. */
function measure(
  { policy, critic, reference }: PpoModels,
  { batch, layout }: Answers,
  options: { temperature: number; batchSize: number; isFull: boolean },
): Measured {
  const size = batch.batchSize * layout.steps;
  const measured = {
    logprobs: new Float32Array(size),
    referenceLogprobs: new Float32Array(size),
    values: new Float32Array(size),
    fullKl: options.isFull ? new Float32Array(size) : undefined,
  };
  for (let start = 0; start < batch.batchSize; start += options.batchSize) {
    const end = Math.min(start + options.batchSize, batch.batchSize);
    const rows = Int32Array.from({ length: end - start }, (_, i) => start + i);
    const part = selectAnswers({ batch, layout }, rows);
    scope(() => {
      const actor = actorCriticOutputs(policy, critic, part, options);
      const frozen = () =>
        policyOutputs(typeof reference === 'function' ? policy : reference, part, options);
      const other = typeof reference === 'function' ? reference(frozen) : frozen();
      measured.logprobs.set(actor.logprobs.dataSync(), start * layout.steps);
      measured.referenceLogprobs.set(other.logprobs.dataSync(), start * layout.steps);
      measured.values.set(actor.values.dataSync(), start * layout.steps);
      if (measured.fullKl) {
        const whole = fullKl(policy, reference, part, options);
        measured.fullKl.set(whole.dataSync(), start * layout.steps);
      }
    });
  }
  return measured;
}

/** Rewards, then advantages and returns: TRL's steps 4 to 6. */
function estimate(
  { batch, layout }: Answers,
  scores: Float32Array,
  measured: Measured,
  options: RolloutOptions,
) {
  const shape: [number, number] = [batch.batchSize, layout.steps];
  return scope(() => {
    const completionMask = tf.tensor2d(layout.completionMask, shape, 'int32');
    const valued = valueMask(completionMask, options.scorePlace);
    const policy = tf.tensor2d(measured.logprobs, shape);
    const reference = tf.tensor2d(measured.referenceLogprobs, shape);
    const whole = measured.fullKl && tf.tensor2d(measured.fullKl, shape);
    const input = {
      ...{ policy, reference, completionMask, fullKl: whole },
      scores: tf.tensor1d(scores),
    };
    const { rewards, kl, nonScoreRewards } = klPenaltyRewards(input, options);
    const final = options.whitenRewards ? whiten(rewards, valued, { shiftMean: false }) : rewards;
    const values = tf.mul(tf.tensor2d(measured.values, shape), tf.cast(valued, 'float32'));
    const { advantages, returns } = gae(final, values, options);
    const read = (tensor: tf.Tensor) => Float32Array.from(tensor.dataSync());
    return {
      values: read(values),
      advantages: read(whiten(advantages, completionMask)),
      returns: read(returns),
      kl: read(tf.sum(kl, 1)),
      nonScoreRewards: read(tf.sum(nonScoreRewards, 1)),
    };
  });
}

/** Some rows of a batch of answers, padded as the whole batch is. */
export function selectAnswers({ batch, layout }: Answers, rows: Int32Array): Answers {
  const { length } = batch;
  const tokens: TokenBatch = {
    batchSize: rows.length,
    length,
    inputIds: selectRows(batch.inputIds, rows, length),
    attentionMask: selectRows(batch.attentionMask, rows, length),
    completionMask: selectRows(batch.completionMask, rows, length),
    labels: selectRows(batch.labels, rows, length),
  };
  const { steps } = layout;
  // positions count from the start of the batch: move them with their rows
  const positions = selectRows(layout.positions, rows, steps).map(
    (position, i) => (position % length) + Math.floor(i / steps) * length,
  );
  return {
    batch: tokens,
    layout: {
      steps,
      positions,
      tokens: selectRows(layout.tokens, rows, steps),
      completionMask: selectRows(layout.completionMask, rows, steps),
    },
  };
}
