// ORPO (Hong et al. 2024, arXiv 2403.07691): fine-tuning on the chosen answers and preference in one step, by the odds of
// the two answers, odds(y) = p/(1 − p) with p the geometric mean of the tokens' probabilities. No reference model.
// Equal to TRL 1.16's ORPOTrainer.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { PairOf } from '../dpo/losses/pair-loss.ts';
import { logSigmoid } from '../logprobs/log-sigmoid.ts';

export interface OrpoResult {
  /** −β·log σ(log odds ratio), [B]. */
  readonly losses: Tensor;
  /** β · mean log p, [B]. */
  readonly chosenRewards: Tensor;
  readonly rejectedRewards: Tensor;
  /** log(odds of chosen / odds of rejected), [B]. */
  readonly logOdds: Tensor;
}

/** Below this a mean log-probability counts as certain: 1 − p would be 0 in float32. */
const CERTAIN = -1e-7;

/** The odds-ratio term (eq. 7); ORPO's loss is the chosen answers' NLL plus its mean.
 *  @param logps log-probabilities averaged over tokens, each [B] @param options beta: λ of the paper @default 0.1
 *  @returns per pair; the caller owns them */
export function orpoLoss(
  logps: PairOf<Tensor>,
  { beta = 0.1 }: { readonly beta?: number } = {},
): OrpoResult {
  return tf.tidy(() => {
    const logOdds = tf.sub(logOddsOf(logps.chosen), logOddsOf(logps.rejected));
    return {
      losses: tf.mul(logSigmoid(logOdds), -beta),
      chosenRewards: tf.mul(logps.chosen, beta),
      rejectedRewards: tf.mul(logps.rejected, beta),
      logOdds,
    };
  });
}

/** log p − log(1 − p), given log p. */
function logOddsOf(logp: Tensor): Tensor {
  const rest = tf.log(tf.neg(tf.expm1(tf.minimum(logp, CERTAIN)))); // log(1 − e^x)
  return tf.sub(logp, rest);
}
