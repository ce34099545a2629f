// What trainers report about predicted tokens, without a gradient. TRL's `entropy` and `mean_token_accuracy`.
import { noGradient, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';

/** Mean entropy in nats of softmax(logits). @param logits [N, V] @returns scalar; the caller owns it */
export function meanEntropy(logits: Tensor): Tensor {
  return noGradient(() => tf.tidy(() => tf.mean(entropies(logits))));
}

/** Entropy of each distribution: −Σ p·log p. @param logits [N, V] @returns [N] */
export function entropies(logits: Tensor): Tensor {
  return tf.tidy(() => {
    const logprobs = tf.logSoftmax(logits, -1);
    return tf.neg(tf.sum(tf.mul(tf.exp(logprobs), logprobs), -1));
  });
}

/** Share of labels that are the most probable token. @param logits [N, V] @param labels [N] int32 @returns scalar */
export function tokenAccuracy(logits: Tensor, labels: Tensor): Tensor {
  return noGradient(() =>
    tf.tidy(() => tf.mean(tf.cast(tf.equal(tf.argMax(logits, -1), labels), 'float32'))),
  );
}
