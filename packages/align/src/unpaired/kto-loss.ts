// Kahneman–Tversky optimisation (Ethayarajh et al. 2024, arXiv 2402.01306) and APO-zero without pairs (2408.06266): each
// answer is known to be wanted or not, and is weighed against what the policy gains anywhere.
// Equal to TRL 1.16's KTOTrainer.
import { ShapeError, stopGradient, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { ConfigError } from '../errors.ts';

export type KtoLossType = 'kto' | 'apoZeroUnpaired';

export interface KtoLossOptions {
  /** How strongly the policy is held to the reference; larger holds more. > 0. @default 0.1 */
  beta?: number;
  /** @default 'kto' */
  lossType?: KtoLossType;
  /** λ_D, factor of wanted answers. @default 1 */
  desirableWeight?: number;
  /** λ_U, factor of unwanted ones. (λ_D·n_D)/(λ_U·n_U) belongs between 1 and 4/3 (eq. 8). @default 1 */
  undesirableWeight?: number;
  /** z ≥ 0, how far the policy is from the reference: a scalar, from klEstimate. Not for apoZeroUnpaired.
   *  @default 0 */
  kl?: Tensor;
}

export interface UnpairedResult {
  /** [B] */
  readonly losses: Tensor;
  /** β·(log π − log π_ref), [B]. */
  readonly rewards: Tensor;
}

/** λ·(1 − σ(±β·(r − z))), + for wanted answers: eq. 7, with r = log π − log π_ref. Without z it is APO-zero.
 *  @param policy log-probabilities of the answers, [B] @param reference the same under the reference
 *  @param labels true: wanted; one for each answer
 *  @returns per answer; the caller owns them @throws ShapeError, ConfigError */
export function ktoLoss(
  policy: Tensor,
  reference: Tensor,
  labels: readonly boolean[],
  options: KtoLossOptions = {},
): UnpairedResult {
  const { beta = 0.1, lossType = 'kto', desirableWeight = 1, undesirableWeight = 1, kl } = options;
  checkUnpaired('ktoLoss', { policy, reference }, labels, beta);
  return tf.tidy(() => {
    const ratios = tf.sub(policy, reference); // r [B]
    const shift = lossType === 'kto' && kl ? stopGradient(kl) : tf.scalar(0);
    const signs = tf.tensor1d(labels.map((isWanted) => (isWanted ? 1 : -1)));
    const gains = tf.mul(tf.mul(signs, beta), tf.sub(ratios, shift));
    const weights = labels.map((isWanted) => (isWanted ? desirableWeight : undesirableWeight));
    return {
      losses: tf.mul(tf.sub(1, tf.sigmoid(gains)), tf.tensor1d(weights)),
      rewards: tf.mul(ratios, beta),
    };
  });
}

/** (λ_D·n_D)/(λ_U·n_U): between 1 and 4/3 wanted and unwanted answers pull alike (eq. 8 of the paper). */
export function ktoBalance(
  labels: readonly boolean[],
  { desirableWeight = 1, undesirableWeight = 1 }: KtoLossOptions = {},
): number {
  const wanted = labels.filter(Boolean).length;
  return (desirableWeight * wanted) / (undesirableWeight * (labels.length - wanted));
}

/** @throws ShapeError, ConfigError */
export function checkUnpaired(
  op: string,
  logprobs: Readonly<Record<string, Tensor>>,
  labels: readonly boolean[],
  beta: number,
): void {
  if (!(beta > 0)) {
    throw new ConfigError(
      `${op}: beta: expected a number > 0, got ${beta}. The usual value is 0.1.`,
    );
  }
  for (const [name, { shape }] of Object.entries(logprobs)) {
    if (shape.length === 1 && shape[0] === labels.length) continue;
    throw new ShapeError(
      `${op}: ${name}: expected [${labels.length}], one for each label, got [${shape.join(', ')}]. ` +
        'Give one summed log-probability for each answer.',
    );
  }
}
