// KL(π ‖ π_ref) of each step's whole distribution, Σ_v π(v)·(log π(v) − log π_ref(v)): what the estimators of one
// token estimate. It needs all logits of both models at once, [N, V].
import { embedding, noGradient, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm } from '@llm/transformer';
import type { Reference } from '../dpo/reference.ts';
import { hiddenStates } from '../logprobs/completion-logprobs.ts';
import type { Answers } from './policy-outputs.ts';

/** @returns [B, T], also past an answer's end, where it means nothing; the caller owns it */
export function fullKl(
  policy: CausalLm,
  reference: Reference,
  answers: Answers,
  options: { temperature: number },
): Tensor {
  const distribution = (model: CausalLm) => stepDistributions(model, answers, options);
  return noGradient(() =>
    scope(() => {
      const now = distribution(policy); // [B·T, V]
      const frozen =
        typeof reference === 'function'
          ? reference(() => distribution(policy))
          : distribution(reference);
      const kl = tf.sum(tf.mul(tf.exp(now), tf.sub(now, frozen)), -1);
      return tf.reshape(kl, [answers.batch.batchSize, answers.layout.steps]);
    }),
  );
}

/** log softmax(logits / temperature) before each answer token, [B·T, V]. */
function stepDistributions(
  model: CausalLm,
  { batch, layout }: Answers,
  { temperature }: { temperature: number },
): Tensor {
  return scope(() => {
    const positions = tf.tensor1d(layout.positions, 'int32');
    const chosen = embedding(hiddenStates(model, batch), positions); // [B·T, C]
    return tf.logSoftmax(tf.div(model.logits(chosen), temperature), -1);
  });
}
