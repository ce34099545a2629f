// Losses on preference pairs, one small function each, all per pair [B].
//
// With L = log-probability of a completion under the policy and R under the reference, r = L − R is its log-ratio,
// β·r its implicit reward, and Δ = r_w − r_l. Names are TRL's loss types; equal to TRL 1.16's DPOTrainer, except that
// `sigmoid` honours labelSmoothing (conservative DPO), which 1.16 ignores.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { logSigmoid } from '../logprobs/log-sigmoid.ts';

/** Everything a pair loss may use; all [B] float32. */
export interface PairRatios {
  /** r_w and r_l: log π(y) − log π_ref(y). */
  readonly chosen: Tensor;
  readonly rejected: Tensor;
  /** Δ = r_w − r_l. */
  readonly margin: Tensor;
  /** Completion tokens, at least 1. */
  readonly chosenLengths?: Tensor;
  readonly rejectedLengths?: Tensor;
}
export interface PairLossOptions {
  readonly beta: number;
  /** Probability ε that a label is the wrong way round, 0 ≤ ε < ½. */
  readonly labelSmoothing: number;
}
export type PairLoss = (ratios: PairRatios, options: PairLossOptions) => Tensor;

/** Rafailov et al. 2023 (2305.18290), eq. 7; with ε, Mitchell's conservative DPO. */
const sigmoid: PairLoss = ({ margin }, { beta, labelSmoothing }) => {
  const scaled = tf.mul(margin, beta);
  if (labelSmoothing === 0) return tf.neg(logSigmoid(scaled));
  const right = tf.mul(logSigmoid(scaled), 1 - labelSmoothing);
  const wrong = tf.mul(logSigmoid(tf.neg(scaled)), labelSmoothing);
  return tf.neg(tf.add(right, wrong));
};

/** SLiC (2305.10425) / RSO (2309.06657). */
const hinge: PairLoss = ({ margin }, { beta }) => tf.relu(tf.sub(1, tf.mul(margin, beta)));

/** IPO, Azar et al. 2023 (2310.12036), eq. 17, on log-ratios averaged over tokens. */
const ipo: PairLoss = (ratios, { beta }) =>
  tf.square(tf.sub(averagedMargin('ipo', ratios), 1 / (2 * beta)));

/** DPO with both log-ratios averaged over their tokens. */
const sigmoidNorm: PairLoss = (ratios, { beta }) =>
  tf.neg(logSigmoid(tf.mul(averagedMargin('sigmoidNorm', ratios), beta)));

/** Robust DPO, Chowdhury et al. 2024 (2403.00409): unbiased when a share ε of the labels is flipped. */
const robust: PairLoss = ({ margin }, { beta, labelSmoothing }) => {
  const scaled = tf.mul(margin, beta);
  const right = tf.mul(logSigmoid(scaled), -(1 - labelSmoothing));
  const wrong = tf.mul(logSigmoid(tf.neg(scaled)), labelSmoothing);
  return tf.div(tf.add(right, wrong), 1 - 2 * labelSmoothing);
};

/** APO-zero (2408.06266), eq. 7: raises the chosen answers, lowers the rejected ones. */
const apoZero: PairLoss = ({ chosen, rejected }, { beta }) =>
  tf.add(tf.sub(1, tf.sigmoid(tf.mul(chosen, beta))), tf.sigmoid(tf.mul(rejected, beta)));

/** APO-down (2408.06266), eq. 8: lowers both, the rejected ones more. */
const apoDown: PairLoss = ({ chosen, margin }, { beta }) =>
  tf.add(tf.sigmoid(tf.mul(chosen, beta)), tf.sub(1, tf.sigmoid(tf.mul(margin, beta))));

/** SPPO with hard labels (2405.00675): each log-ratio is drawn to ±1/(2β). */
const sppoHard: PairLoss = ({ chosen, rejected }, { beta }) =>
  tf.add(tf.square(tf.sub(chosen, 0.5 / beta)), tf.square(tf.add(rejected, 0.5 / beta)));

function averagedMargin(name: string, ratios: PairRatios): Tensor {
  const { chosen, rejected, chosenLengths, rejectedLengths } = ratios;
  if (!chosenLengths || !rejectedLengths) {
    throw new Error(
      `dpoLoss: lengths: expected the completions' token counts for lossType '${name}', got none. ` +
        'Pass options.lengths.',
    );
  }
  return tf.sub(tf.div(chosen, chosenLengths), tf.div(rejected, rejectedLengths));
}

/** To add a loss: write the function above, name it here, and add its TRL case to pair-losses.test.ts. */
export const PAIR_LOSSES = Object.freeze({
  sigmoid,
  hinge,
  ipo,
  sigmoidNorm,
  robust,
  apoZero,
  apoDown,
  sppoHard,
} satisfies Record<string, PairLoss>);
export type PairLossType = keyof typeof PAIR_LOSSES;
