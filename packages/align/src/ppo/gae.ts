// Generalised advantage estimation (Schulman et al. 2016, arXiv 1506.02438, eq. 16):
//   δ_t = r_t + γ·V_{t+1} − V_t,   A_t = δ_t + γλ·A_{t+1},   returns = A + V,
// backwards from the last step, after which there is nothing (V = A = 0).
import { ShapeError, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';

export interface GaeOptions {
  /** Discount γ of later rewards, 0 … 1. @default 1 */
  gamma?: number;
  /** λ: 0 trusts the values (low variance), 1 the rewards (no bias). @default 0.95 */
  lambda?: number;
}

/** @param rewards [B, T] float32 @param values V at each step, 0 past the end, [B, T]
 *  @returns advantages (not whitened) and returns, [B, T] each; the caller owns them */
export function gae(
  rewards: Tensor,
  values: Tensor,
  options: GaeOptions = {},
): { advantages: Tensor; returns: Tensor } {
  const { gamma = 1, lambda = 0.95 } = options;
  const [B = 0, T = 0] = rewards.shape;
  if (values.shape[0] !== B || values.shape[1] !== T) {
    throw new ShapeError(
      `gae: values: expected [${B}, ${T}], got [${values.shape.join(', ')}]. Give one value for each reward.`,
    );
  }
  return tf.tidy(() => {
    const next = tf.concat([tf.slice(values, [0, 1], [B, T - 1]), tf.zeros([B, 1])], 1); // V_{t+1} [B, T]
    const deltas = tf.sub(tf.add(rewards, tf.mul(next, gamma)), values); // [B, T]
    const steps = tf.unstack(deltas, 1) as Tensor[]; // T × [B]
    for (let t = T - 2; t >= 0; t--) {
      steps[t] = tf.add(steps[t]!, tf.mul(steps[t + 1]!, gamma * lambda));
    }
    const advantages = tf.stack(steps, 1);
    return { advantages, returns: tf.add(advantages, values) };
  });
}
