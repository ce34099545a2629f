// Direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290): the reward model is implicit in the
// policy, r(x, y) = β·log(π(y|x) / π_ref(y|x)), so preferences train the policy without sampling.
// A function of log-probabilities: whose model made them, and how, is the trainer's matter.
import { ShapeError, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { ConfigError } from '../errors.ts';
import { PAIR_LOSSES } from './pair-losses.ts';
import type { PairLossType } from './pair-losses.ts';

/** Summed log-probabilities of both completions, each [B] float32. */
export interface PairLogprobs {
  readonly chosen: Tensor;
  readonly rejected: Tensor;
}

export interface DpoOptions {
  /** How strongly the policy is held to the reference; larger holds more. > 0. @default 0.1 */
  beta?: number;
  /** @default 'sigmoid' */
  lossType?: PairLossType;
  /** Probability that a label is the wrong way round, 0 ≤ ε < ½; used by sigmoid and robust. @default 0 */
  labelSmoothing?: number;
  /** Completion tokens, each [B]; needed by ipo and sigmoidNorm. */
  lengths?: PairLogprobs;
}

export interface DpoResult {
  /** [B] */
  readonly losses: Tensor;
  /** β·(log π − log π_ref), [B]. */
  readonly chosenRewards: Tensor;
  readonly rejectedRewards: Tensor;
}

/** DPO, eq. 7, or another loss of PAIR_LOSSES.
 *  @param policy under the model that is trained @param reference under the frozen one
 *  @returns per-pair values; the caller owns them @throws ShapeError, ConfigError */
export function dpoLoss(
  policy: PairLogprobs,
  reference: PairLogprobs,
  options: DpoOptions = {},
): DpoResult {
  const { beta = 0.1, lossType = 'sigmoid', labelSmoothing = 0, lengths } = options;
  checkOptions(beta, labelSmoothing);
  checkPairs({ policy, reference, ...(lengths ? { lengths } : {}) }, policy.chosen.shape[0]);
  return tf.tidy(() => {
    const chosen = tf.sub(policy.chosen, reference.chosen); // r_w [B]
    const rejected = tf.sub(policy.rejected, reference.rejected); // r_l [B]
    const margin = tf.sub(chosen, rejected); // Δ [B]
    const atLeastOne = (count: Tensor | undefined) => count && tf.maximum(count, 1);
    const ratios = {
      chosen,
      rejected,
      margin,
      chosenLengths: atLeastOne(lengths?.chosen),
      rejectedLengths: atLeastOne(lengths?.rejected),
    };
    return {
      losses: PAIR_LOSSES[lossType](ratios, { beta, labelSmoothing }),
      chosenRewards: tf.mul(chosen, beta),
      rejectedRewards: tf.mul(rejected, beta),
    };
  });
}

function checkOptions(beta: number, labelSmoothing: number): void {
  if (!(beta > 0)) {
    throw new ConfigError(
      `dpoLoss: beta: expected a number > 0, got ${beta}. The usual value is 0.1.`,
    );
  }
  if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
    throw new ConfigError(
      `dpoLoss: labelSmoothing: expected 0 ≤ ε < 0.5, got ${labelSmoothing}. It is the share of wrong labels.`,
    );
  }
}

function checkPairs(pairs: Record<string, PairLogprobs>, B: number): void {
  for (const [name, pair] of Object.entries(pairs)) {
    for (const side of ['chosen', 'rejected'] as const) {
      const { shape } = pair[side];
      if (shape.length === 1 && shape[0] === B) continue;
      throw new ShapeError(
        `dpoLoss: ${name}.${side}: expected [${B}], got [${shape.join(', ')}]. ` +
          'Give one summed log-probability for each pair.',
      );
    }
  }
}
