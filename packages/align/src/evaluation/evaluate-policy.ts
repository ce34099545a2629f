// What a policy's answers are worth and how far it has moved: PPO's own measure, on held-out prompts.
import { scope, tf } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { Reference } from '../dpo/reference.ts';
import { DataError } from '../errors.ts';
import { inEvalMode } from '../models/in-eval-mode.ts';
import { policyOutputs } from '../ppo/policy-outputs.ts';
import { layOutResponses } from '../ppo/response-layout.ts';
import { sampleAnswers } from '../ppo/rollout.ts';
import { scoreSamples } from '../ppo/score-samples.ts';
import type { Reward, Sample } from '../ppo/score-samples.ts';

export interface PolicyEvaluationOptions {
  /** @default 53 */
  maxNewTokens?: number;
  /** @default 0.7 */
  temperature?: number;
  /** @default the model configuration's eosTokenId */
  stopTokens?: readonly number[];
  /** @default 0 */
  missingEosPenalty?: number;
  /** Prompts of one generation. @default 32 */
  batchSize?: number;
  /** @default 0 */
  seed?: number;
  /** @default 0 */
  padTokenId?: number;
}

export interface PolicyEvaluation {
  readonly meanReward: number;
  /** Σ log(π / π_ref) over an answer, averaged over answers, in nats; at the sampling temperature. */
  readonly kl: number;
  readonly meanLength: number;
  /** Share of answers that ended by themselves. */
  readonly finishedRate: number;
  readonly samples: readonly Sample[];
  readonly scores: readonly number[];
}

/** Samples one answer to each prompt, scores it, and measures its divergence from the reference. */
export async function evaluatePolicy(
  policy: CausalLm,
  { reference, reward }: { reference: Reference; reward: Reward },
  prompts: readonly (readonly number[])[],
  options: PolicyEvaluationOptions = {},
): Promise<PolicyEvaluation> {
  const { batchSize = 32, seed = 0 } = options;
  if (prompts.length === 0) {
    throw new DataError('evaluatePolicy: prompts: expected at least one, got 0.');
  }
  const [samples, scores]: [Sample[], number[]] = [[], []];
  let nats = 0;
  for (let start = 0; start < prompts.length; start += batchSize) {
    const part = prompts.slice(start, start + batchSize);
    const answers = await sampleAnswers(policy, part, { ...options, seed: seed + start });
    samples.push(...answers);
    scores.push(...(await scoreSamples(reward, answers, options)));
    nats += divergence(policy, reference, answers, options);
  }
  const mean = (total: number) => total / samples.length;
  return {
    meanReward: mean(scores.reduce((sum, score) => sum + score, 0)),
    kl: mean(nats),
    meanLength: mean(samples.reduce((sum, sample) => sum + sample.completionIds.length, 0)),
    finishedRate: mean(samples.filter((sample) => sample.isFinished).length),
    samples,
    scores,
  };
}

/** Σ over all answers and tokens of log π − log π_ref. */
function divergence(
  policy: CausalLm,
  reference: Reference,
  samples: readonly Sample[],
  { temperature = 0.7, padTokenId }: PolicyEvaluationOptions,
): number {
  const answers = layOutResponses(
    samples.map((sample) => sample.promptIds),
    samples.map((sample) => sample.completionIds),
    padTokenId,
  );
  const summed = (model: CausalLm) =>
    inEvalMode(model, () =>
      scope(
        () => tf.sum(policyOutputs(model, answers, { temperature }).logprobs).dataSync()[0] ?? NaN,
      ),
    );
  const theirs =
    typeof reference === 'function' ? reference(() => summed(policy)) : summed(reference);
  return summed(policy) - theirs;
}
