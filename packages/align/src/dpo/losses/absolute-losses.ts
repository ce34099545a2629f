// Losses that look at each completion's own implicit reward, not only at the difference: what is done about a pair of
// which both answers are good, or both bad.
import { tf } from '@llm/tensor';
import { logSigmoid } from '../../logprobs/log-sigmoid.ts';
import type { PairLoss } from './pair-loss.ts';

/** NCA on pairs, Chen et al. 2024 (2402.05369): raises the chosen reward, and keeps both from growing without end. */
export const ncaPair: PairLoss = ({ ratios }, { beta }) => {
  const [chosen, rejected] = [tf.mul(ratios.chosen, beta), tf.mul(ratios.rejected, beta)];
  const held = tf.add(logSigmoid(tf.neg(chosen)), logSigmoid(tf.neg(rejected)));
  return tf.neg(tf.add(logSigmoid(chosen), tf.mul(held, 0.5)));
};

/** BCO on pairs, Jung et al. 2024 (2404.04656), without its reward shift: each answer against zero. */
export const bcoPair: PairLoss = ({ ratios }, { beta }) =>
  tf.neg(
    tf.add(logSigmoid(tf.mul(ratios.chosen, beta)), logSigmoid(tf.mul(ratios.rejected, -beta))),
  );

/** SPPO with hard labels (2405.00675): each log-ratio is drawn to ±1/(2β). */
export const sppoHard: PairLoss = ({ ratios }, { beta }) =>
  tf.add(
    tf.square(tf.sub(ratios.chosen, 0.5 / beta)),
    tf.square(tf.add(ratios.rejected, 0.5 / beta)),
  );

/** APO-zero (2408.06266), eq. 7: raises the chosen answers, lowers the rejected ones. */
export const apoZero: PairLoss = ({ ratios }, { beta }) =>
  tf.add(
    tf.sub(1, tf.sigmoid(tf.mul(ratios.chosen, beta))),
    tf.sigmoid(tf.mul(ratios.rejected, beta)),
  );

/** APO-down (2408.06266), eq. 8: lowers both, the rejected ones more. */
export const apoDown: PairLoss = ({ ratios }, { beta }) => {
  const margin = tf.sub(ratios.chosen, ratios.rejected);
  return tf.add(
    tf.sigmoid(tf.mul(ratios.chosen, beta)),
    tf.sub(1, tf.sigmoid(tf.mul(margin, beta))),
  );
};

/** Likelihood of the chosen answers (a mean over the batch's tokens, so the same for every pair): with sigmoid beside
 *  it RPO (2404.19733), with bcoPair too MPO (2411.10442). */
export const sft: PairLoss = ({ chosenNll, ratios }) => {
  if (!chosenNll) {
    throw new Error(
      "dpoLoss: chosenNll: expected the mean −log p of the chosen tokens for lossType 'sft', got none. " +
        'Pass options.chosenNll.',
    );
  }
  return tf.mul(tf.onesLike(ratios.chosen), chosenNll);
};
