// Clipping by the global norm (Pascanu et al. 2013): all gradients together are scaled so that the L2 norm over
// every number is at most `max`. Same formula as torch.nn.utils.clip_grad_norm_.

import { globalNorm, tf, type Tensor } from '@llm/tensor';

/** Keeps the scale finite for a zero norm; torch's constant. */
const EPS = 1e-6;

export interface Clipped {
  /** The norm before clipping. */
  readonly norm: number;
  /** Scaled copies, in order; the caller owns them and still owns the originals. */
  readonly grads: Tensor[];
}

/** What to multiply gradients of this norm by: max / (norm + 1e-6), at most 1. */
export function clipScale(norm: number, max: number): number {
  return Math.min(1, max / (norm + EPS));
}

/** Clips gradients. A training loop passes clipScale to the optimizer instead and makes no copies. */
export function clipByGlobalNorm(grads: readonly Tensor[], max: number): Clipped {
  const norm = globalNormOf(grads);
  const scale = clipScale(norm, max);
  return { norm, grads: grads.map((grad) => tf.tidy(() => tf.mul(grad, scale))) };
}

/** The L2 norm over all numbers of all gradients, read back. */
export function globalNormOf(grads: readonly Tensor[]): number {
  return combinedNorm(grads.map(normOf));
}

/** The L2 norm of one gradient, read back. */
export function normOf(grad: Tensor): number {
  const [norm = NaN] = tf.tidy(() => globalNorm([grad]).dataSync());
  return norm;
}

/** The norm of all gradients from their own, in the order of the parameters: whoever holds which gets the same bits. */
export function combinedNorm(norms: readonly number[]): number {
  return Math.sqrt(norms.reduce((sum, norm) => sum + norm * norm, 0));
}
