// Losses of the margin between the two scores of a pair: only their difference counts. An f-divergence other than the
// reverse KL may take the place of the log-ratios in all of them.
import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { logSigmoid } from '../../logprobs/log-sigmoid.ts';
import type { PairLoss, PairRatios } from './pair-loss.ts';

/** −(1 − ε)·log σ(z) − ε·log σ(−z): the cross-entropy of a label that is right with probability 1 − ε. */
export function smoothedLogistic(z: Tensor, labelSmoothing: number): Tensor {
  if (labelSmoothing === 0) return tf.neg(logSigmoid(z));
  const right = tf.mul(logSigmoid(z), 1 - labelSmoothing);
  const wrong = tf.mul(logSigmoid(tf.neg(z)), labelSmoothing);
  return tf.neg(tf.add(right, wrong));
}

/** Rafailov et al. 2023 (2305.18290), eq. 7; with ε, Mitchell's conservative DPO. */
export const sigmoid: PairLoss = ({ margin }, { beta, labelSmoothing }) =>
  smoothedLogistic(tf.mul(margin, beta), labelSmoothing);

/** SLiC (2305.10425) / RSO (2309.06657). */
export const hinge: PairLoss = ({ margin }, { beta }) => tf.relu(tf.sub(1, tf.mul(margin, beta)));

/** IPO, Azar et al. 2023 (2310.12036), eq. 17, on scores averaged over tokens. */
export const ipo: PairLoss = (pairs, { beta }) =>
  tf.square(tf.sub(averagedMargin('ipo', pairs), 1 / (2 * beta)));

/** DPO with both scores averaged over their tokens. */
export const sigmoidNorm: PairLoss = (pairs, { beta }) =>
  tf.neg(logSigmoid(tf.mul(averagedMargin('sigmoidNorm', pairs), beta)));

/** Robust DPO, Chowdhury et al. 2024 (2403.00409): unbiased when a share ε of the labels is flipped. */
export const robust: PairLoss = ({ margin }, { beta, labelSmoothing }) => {
  const scaled = tf.mul(margin, beta);
  const right = tf.mul(logSigmoid(scaled), -(1 - labelSmoothing));
  const wrong = tf.mul(logSigmoid(tf.neg(scaled)), labelSmoothing);
  return tf.div(tf.add(right, wrong), 1 - 2 * labelSmoothing);
};

/** EXO on pairs, Ji et al. 2024 (2402.00856), eq. 16: KL(softmax of the two rewards ‖ (1 − ε, ε)). Needs ε > 0. */
export const exoPair: PairLoss = ({ margin }, { beta, labelSmoothing }) => {
  const scaled = tf.mul(margin, beta);
  const term = (z: Tensor, share: number) =>
    tf.mul(tf.sigmoid(z), tf.sub(logSigmoid(z), Math.log(share)));
  return tf.add(term(scaled, 1 - labelSmoothing), term(tf.neg(scaled), labelSmoothing));
};

/** DiscoPOP, Lu et al. 2024 (2406.08414), eq. 5: logistic for small margins, exponential for large ones. */
export const discopop: PairLoss = ({ margin }, { beta, discopopTau }) => {
  const scaled = tf.mul(margin, beta);
  const share = tf.sigmoid(tf.div(scaled, discopopTau));
  const logistic = tf.mul(tf.neg(logSigmoid(scaled)), tf.sub(1, share));
  return tf.add(logistic, tf.mul(tf.exp(tf.neg(scaled)), share));
};

function averagedMargin(name: string, { scores, lengths }: PairRatios): Tensor {
  if (!lengths) {
    throw new Error(
      `dpoLoss: lengths: expected the completions' token counts for lossType '${name}', got none. ` +
        'Pass options.lengths.',
    );
  }
  return tf.sub(tf.div(scores.chosen, lengths.chosen), tf.div(scores.rejected, lengths.rejected));
}
