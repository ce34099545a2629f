// Preferences without a reference model: the policy's own likelihood is the implicit reward.
//   CPO      Xu et al. 2024 (arXiv 2401.08417): DPO's loss without the reference
//   SimPO    Meng et al. 2024 (2405.14734): likelihood averaged over tokens, and a target margin γ
//   AlphaPO  Gupta et al. 2025 (2501.03884): another shape of the reward, (1 − p^−α)/α in place of log p
// Equal to TRL 1.16's CPOTrainer.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { smoothedLogistic } from '../dpo/losses/margin-losses.ts';
import type { PairOf } from '../dpo/losses/pair-loss.ts';
import { ConfigError } from '../errors.ts';

export type CpoLossType = 'sigmoid' | 'hinge' | 'ipo' | 'simpo';

export interface CpoLossOptions {
  /** Factor of the rewards. > 0. @default 0.1 */
  beta?: number;
  /** @default 'sigmoid' */
  lossType?: CpoLossType;
  /** Probability that a label is the wrong way round, 0 ≤ ε < ½; used by sigmoid and simpo. @default 0 */
  labelSmoothing?: number;
  /** γ, by how much β times the chosen answer's mean log-probability should win; only simpo uses it. @default 0.5 */
  simpoGamma?: number;
  /** α of AlphaPO; 0 is the log-probability itself. Meant for means (simpo, ipo): of a long answer's sum, p^−α
   *  overflows. @default 0 */
  alpha?: number;
}

export interface CpoResult {
  /** [B] */
  readonly losses: Tensor;
  /** β · log p, or AlphaPO's reward; [B]. */
  readonly chosenRewards: Tensor;
  readonly rejectedRewards: Tensor;
}

/** Whether a loss takes log-probabilities averaged over tokens (true) or summed. */
export function isAveraged(lossType: CpoLossType): boolean {
  return lossType === 'ipo' || lossType === 'simpo';
}

/** @param logps of both completions, each [B]: means over tokens for ipo and simpo, sums for the others
 *  @returns per pair; the caller owns them @throws ConfigError */
export function cpoLoss(logps: PairOf<Tensor>, options: CpoLossOptions = {}): CpoResult {
  const { beta = 0.1, lossType = 'sigmoid', labelSmoothing = 0, simpoGamma = 0.5 } = options;
  checkCpoOptions(beta, labelSmoothing);
  const { alpha = 0 } = options;
  return tf.tidy(() => {
    const chosen = shaped(logps.chosen, alpha);
    const rejected = shaped(logps.rejected, alpha);
    const margin = tf.sub(chosen, rejected);
    return {
      losses: LOSSES[lossType](margin, { beta, labelSmoothing, simpoGamma }),
      chosenRewards: tf.mul(chosen, beta),
      rejectedRewards: tf.mul(rejected, beta),
    };
  });
}

/** log p, or (1 − p^−α)/α. */
function shaped(logps: Tensor, alpha: number): Tensor {
  if (alpha === 0) return tf.clone(logps);
  return tf.div(tf.sub(1, tf.exp(tf.mul(logps, -alpha))), alpha);
}

type MarginLoss = (
  margin: Tensor,
  options: Required<Pick<CpoLossOptions, 'beta' | 'labelSmoothing' | 'simpoGamma'>>,
) => Tensor;

const LOSSES: Readonly<Record<CpoLossType, MarginLoss>> = Object.freeze({
  sigmoid: (margin: Tensor, { beta, labelSmoothing }) =>
    smoothedLogistic(tf.mul(margin, beta), labelSmoothing),
  hinge: (margin: Tensor, { beta }) => tf.relu(tf.sub(1, tf.mul(margin, beta))),
  ipo: (margin: Tensor, { beta }) => tf.square(tf.sub(margin, 1 / (2 * beta))),
  simpo: (margin: Tensor, { beta, labelSmoothing, simpoGamma }) =>
    smoothedLogistic(tf.sub(tf.mul(margin, beta), simpoGamma), labelSmoothing),
});

function checkCpoOptions(beta: number, labelSmoothing: number): void {
  if (!(beta > 0)) {
    throw new ConfigError(`cpoLoss: beta: expected a number > 0, got ${beta}. Usual: 0.1 to 2.5.`);
  }
  if (!(labelSmoothing >= 0 && labelSmoothing < 0.5)) {
    throw new ConfigError(
      `cpoLoss: labelSmoothing: expected 0 ≤ ε < 0.5, got ${labelSmoothing}. It is the share of wrong labels.`,
    );
  }
}
