// Binary classifier optimisation (Jung et al. 2024, arXiv 2404.04656): a classifier tells wanted from unwanted answers by
// their implicit reward, shifted by the running mean of all of them.
// Equal to TRL 0.29's BCOTrainer (the last release that has one).
import type { JsonValue, Resumable } from '@llm/optim';
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { logSigmoid } from '../logprobs/log-sigmoid.ts';
import { checkUnpaired } from './kto-loss.ts';
import type { UnpairedResult } from './kto-loss.ts';

export interface BcoLossOptions {
  /** How strongly the policy is held to the reference; larger holds more. > 0. @default 0.1 */
  beta?: number;
  /** Reward shift: the mean of all implicit rewards β·r so far (RunningMean). @default 0 */
  delta?: number;
  /** Factor of each answer's loss, [B], such as densityRatioWeights gives for unwanted ones. @default 1 */
  weights?: readonly number[];
}

/** −log σ(±(β·r − δ)), + for wanted answers, with r = log π − log π_ref.
 *  @param policy log-probabilities of the answers, [B] @param reference the same under the reference
 *  @param labels true: wanted; one for each answer
 *  @returns per answer; the caller owns them @throws ShapeError, ConfigError */
export function bcoLoss(
  policy: Tensor,
  reference: Tensor,
  labels: readonly boolean[],
  options: BcoLossOptions = {},
): UnpairedResult {
  const { beta = 0.1, delta = 0, weights } = options;
  checkUnpaired('bcoLoss', { policy, reference }, labels, beta);
  return tf.tidy(() => {
    const rewards = tf.mul(tf.sub(policy, reference), beta); // [B]
    const signs = tf.tensor1d(labels.map((isWanted) => (isWanted ? 1 : -1)));
    const losses = tf.neg(logSigmoid(tf.mul(signs, tf.sub(rewards, delta))));
    return { losses: weights ? tf.mul(losses, tf.tensor1d([...weights])) : losses, rewards };
  });
}

/** The mean of all numbers seen; a checkpoint keeps it. */
export class RunningMean implements Resumable {
  #mean = 0;
  #count = 0;

  get mean(): number {
    return this.#mean;
  }

  /** Takes more numbers in and returns the new mean. */
  add(values: ArrayLike<number>): number {
    if (values.length === 0) return this.#mean;
    const sum = Array.from(values).reduce((total, value) => total + value, 0);
    this.#count += values.length;
    this.#mean += (sum - values.length * this.#mean) / this.#count;
    return this.#mean;
  }

  getState(): JsonValue {
    return { mean: this.#mean, count: this.#count };
  }

  setState(state: JsonValue): void {
    const { mean, count } = state as { mean: number; count: number };
    [this.#mean, this.#count] = [mean, count];
  }
}
