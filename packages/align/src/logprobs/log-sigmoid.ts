import { tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';

/** log σ(x) = −softplus(−x), finite for every finite x. */
export function logSigmoid<T extends Tensor>(x: T): T {
  return tf.tidy(() => tf.neg(tf.softplus(tf.neg(x))));
}
