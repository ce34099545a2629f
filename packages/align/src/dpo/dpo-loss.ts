// Direct preference optimisation (Rafailov et al. 2023, arXiv 2305.18290): the reward model is implicit in the
// policy, r(x, y) = β·log(π(y|x) / π_ref(y|x)), so preferences train the policy without sampling.
// A function of log-probabilities: whose model made them, and how, is the trainer's matter.
import { ShapeError, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { checkDpoOptions } from './check-options.ts';
import { divergenceScores } from './f-divergence.ts';
import type { FDivergence } from './f-divergence.ts';
import { lossesOf, PAIR_LOSSES } from './pair-losses.ts';
import type { PairLossMix } from './pair-losses.ts';
import type { PairLossOptions, PairOf, PairRatios } from './losses/pair-loss.ts';

/** Summed log-probabilities of both completions, each [B] float32. */
export type PairLogprobs = PairOf<Tensor>;

export interface DpoOptions {
  /** How strongly the policy is held to the reference; larger holds more. > 0. @default 0.1 */
  beta?: number;
  /** One loss, or several with weights: `{ sigmoid: 1, sft: 0.2 }` adds 0.2 times the chosen answers' negative
   *  log-likelihood (old TRL's rpo_alpha). @default 'sigmoid' */
  lossType?: PairLossMix;
  /** Probability that a label is the wrong way round, 0 ≤ ε < ½; used by sigmoid, robust, aot and exoPair, which
   *  needs one (0.001). @default 0 */
  labelSmoothing?: number;
  /** Which divergence holds the policy to the reference; not for losses outside SCORE_LOSSES. @default 'reverseKl' */
  fDivergence?: FDivergence;
  /** Below 1 the blend of discopop turns sharper. > 0. @default 0.05 */
  discopopTau?: number;
  /** Completion tokens, each [B]; needed by ipo and sigmoidNorm. */
  lengths?: PairLogprobs;
  /** Mean −log p over the chosen completions' tokens, a scalar; needed by sft. */
  chosenNll?: Tensor;
  /** Weight of each pair, [B], as WPO gives it (wpoWeights). No gradient goes through it. */
  weights?: Tensor;
}

export interface DpoResult {
  /** [B] */
  readonly losses: Tensor;
  /** β·(log π − log π_ref), [B]. */
  readonly chosenRewards: Tensor;
  readonly rejectedRewards: Tensor;
}

/** DPO, eq. 7, or other losses of PAIR_LOSSES.
 *  @param policy under the model that is trained @param reference under the frozen one
 *  @returns per-pair values; the caller owns them @throws ShapeError, ConfigError
 *  @example dpoLoss(policy, reference, { lossType: { sigmoid: 0.8, bcoPair: 0.2, sft: 1 }, chosenNll }) */
export function dpoLoss(
  policy: PairLogprobs,
  reference: PairLogprobs,
  options: DpoOptions = {},
): DpoResult {
  const { beta = 0.1, lossType = 'sigmoid', labelSmoothing = 0, discopopTau = 0.05 } = options;
  checkDpoOptions({ ...options, beta, lossType, labelSmoothing, discopopTau });
  const { lengths, weights } = options;
  checkPairs({ policy, reference, ...(lengths ? { lengths } : {}) }, policy.chosen.shape[0]);
  return tf.tidy(() => {
    const pairs = ratiosOf(policy, reference, options);
    const losses = mixedLosses(pairs, lossType, { beta, labelSmoothing, discopopTau });
    return {
      losses: weights ? tf.mul(losses, weights) : losses,
      chosenRewards: tf.mul(pairs.ratios.chosen, beta),
      rejectedRewards: tf.mul(pairs.ratios.rejected, beta),
    };
  });
}

function ratiosOf(
  policy: PairLogprobs,
  reference: PairLogprobs,
  { fDivergence = 'reverseKl', lengths, chosenNll }: DpoOptions,
): PairRatios {
  const ratios = bothSides((side) => tf.sub(policy[side], reference[side]));
  const scores = bothSides((side) => divergenceScores(ratios[side], fDivergence));
  return {
    ...{ policy, reference, ratios, scores, chosenNll },
    margin: tf.sub(scores.chosen, scores.rejected),
    lengths: lengths && bothSides((side) => tf.maximum(lengths[side], 1)),
  };
}

/** Σ weight · loss of a mix, [B]. */
function mixedLosses(pairs: PairRatios, mix: PairLossMix, options: PairLossOptions): Tensor {
  const [first, ...more] = lossesOf(mix).map(([name, weight]) => {
    const losses = PAIR_LOSSES[name](pairs, options);
    return weight === 1 ? losses : tf.mul(losses, weight);
  });
  return more.reduce<Tensor>((sum, losses) => tf.add(sum, losses), first!);
}

function bothSides<T>(make: (side: 'chosen' | 'rejected') => T): PairOf<T> {
  return { chosen: make('chosen'), rejected: make('rejected') };
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
