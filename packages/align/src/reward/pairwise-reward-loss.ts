// The loss of a reward model: Bradley–Terry on pairs (Stiennon et al. 2020, arXiv 2009.01325, eq. 1; the margin is
// Llama 2's, arXiv 2307.09288, eq. 2; the centring term is Eisenstein et al. 2023, arXiv 2312.09244).
// Equal to TRL 1.16's RewardTrainer.compute_loss.
import { ShapeError, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import { logSigmoid } from '../logprobs/log-sigmoid.ts';

export interface PairwiseRewardOptions {
  /** By how much `chosen` should win, [B]. @default 0 */
  margins?: Tensor;
  /** Weight of (s_w + s_l)², which keeps scores near 0; TRL's center_rewards_coefficient. @default 0 */
  centreCoeff?: number;
}

/** −log σ(s_w − s_l − margin) + c·(s_w + s_l)².
 *  @param chosen scores of the better answers, [B] @param rejected of the worse ones, [B]
 *  @returns [B], one loss a pair; the caller owns it */
export function pairwiseRewardLoss(
  chosen: Tensor,
  rejected: Tensor,
  options: PairwiseRewardOptions = {},
): Tensor {
  const { margins, centreCoeff = 0 } = options;
  if (chosen.shape[0] !== rejected.shape[0]) {
    throw new ShapeError(
      `pairwiseRewardLoss: rejected: expected [${chosen.shape.join()}], got [${rejected.shape.join()}]. ` +
        'Give one rejected score for each chosen one.',
    );
  }
  return tf.tidy(() => {
    const difference = tf.sub(chosen, rejected);
    const lead = margins ? tf.sub(difference, margins) : difference;
    const losses = tf.neg(logSigmoid(lead));
    if (centreCoeff === 0) return losses;
    return tf.add(losses, tf.mul(centreCoeff, tf.square(tf.add(chosen, rejected))));
  });
}
