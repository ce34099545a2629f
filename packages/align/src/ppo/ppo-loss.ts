// The loss of one minibatch: clipped policy loss + valueCoeff · clipped value loss, with what is reported beside it.
import { noGradient, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { maskedMean } from '../masking/masked-mean.ts';
import { valueMask } from './kl-penalty-rewards.ts';
import type { ScorePlace } from './kl-penalty-rewards.ts';
import { actorCriticOutputs } from './policy-outputs.ts';
import type { PpoBatch } from './ppo-batches.ts';
import type { PpoModel } from './ppo-model.ts';
import { ppoPolicyLoss } from './ppo-policy-loss.ts';
import { ppoValueLoss } from './ppo-value-loss.ts';

export interface PpoLossOptions {
  /** @default 0.7 */
  temperature?: number;
  /** How far a token's probability may move for gain: ρ within 1 ± clipRange. @default 0.2 */
  clipRange?: number;
  /** How far a value may move from the old one. @default 0.2 */
  clipRangeValue?: number;
  /** Weight of the value loss. @default 0.1 */
  valueCoeff?: number;
  /** As in the rollout: which steps have a value. @default 'after' */
  scorePlace?: ScorePlace;
}

/** @returns scalars; the caller owns them */
export function ppoLoss(
  { policy, critic }: PpoModel,
  answers: PpoBatch,
  options: PpoLossOptions = {},
): { loss: Tensor; metrics: Record<string, Tensor> } {
  const { temperature = 0.7, valueCoeff = 0.1 } = options;
  const { batch, layout } = answers;
  const grid = (values: Float32Array | Int32Array, dtype?: 'int32'): tf.Tensor2D =>
    tf.tensor2d(values, [batch.batchSize, layout.steps], dtype);
  return tf.tidy(() => {
    const { logprobs, entropies, values } = actorCriticOutputs(policy, critic, answers, {
      temperature,
    });
    const completionMask = grid(layout.completionMask, 'int32');
    const advantages = grid(answers.advantages);
    const oldLogprobs = grid(answers.oldLogprobs);
    const actor = ppoPolicyLoss(logprobs, { oldLogprobs, advantages, completionMask }, options);
    const old = {
      oldValues: grid(answers.oldValues),
      returns: grid(answers.returns),
      valueMask: valueMask(completionMask, options.scorePlace),
    };
    const value = ppoValueLoss(values, old, options);
    const entropy = noGradient(() => maskedMean(entropies, completionMask));
    return {
      loss: tf.add(actor.loss, tf.mul(value.loss, valueCoeff)),
      metrics: {
        policyLoss: actor.loss,
        valueLoss: value.loss,
        approxKl: actor.approxKl,
        policyKl: actor.policyKl,
        clipFraction: actor.clipFraction,
        valueClipFraction: value.clipFraction,
        ratio: actor.ratio,
        entropy,
      },
    };
  });
}
