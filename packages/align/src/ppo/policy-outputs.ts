// What the policy and the critic say about given answers: used when they have just been sampled (the "old" values)
// and in every minibatch, by the same code, so that nothing but the parameters can make the ratio differ from 1.
import { embedding, noGradient, scope, tf } from '@llm/tensor';
import type { Tensor } from '@llm/tensor';
import type { CausalLm, ValueModel } from '@llm/transformer';
import type { TokenBatch } from '../data/collate.ts';
import { hiddenStates, inputTensor, logprobsAt } from '../logprobs/completion-logprobs.ts';
import type { ResponseLayout } from './response-layout.ts';

export interface Answers {
  readonly batch: TokenBatch;
  readonly layout: ResponseLayout;
}

export interface PolicyOutputs {
  /** log π of each answer token, 0 past the end, [B, T]. */
  readonly logprobs: Tensor;
  /** Entropy of each token's distribution, 0 past the end, [B, T]. No gradient. */
  readonly entropies: Tensor;
}

/** @returns the caller owns them */
export function policyOutputs(
  policy: CausalLm,
  answers: Answers,
  options: { temperature: number },
): PolicyOutputs {
  return scope(() =>
    outputsFrom(policy, hiddenStates(policy, answers.batch), answers.layout, options),
  );
}

/** The same, and the critic's value of each step, [B, T]. A critic that shares the policy's body costs one product. */
export function actorCriticOutputs(
  policy: CausalLm,
  critic: ValueModel,
  answers: Answers,
  options: { temperature: number },
): PolicyOutputs & { values: Tensor } {
  const { batch, layout } = answers;
  return scope(() => {
    const hidden = hiddenStates(policy, batch); // [B·L, C]
    const outputs = outputsFrom(policy, hidden, layout, options);
    const shared = critic.model === policy ? critic.score.forward(hidden) : undefined; // [B·L, 1]
    const values = shared ?? tf.reshape(critic.forward(inputTensor(batch)), [-1, 1]);
    const chosen = embedding(values, tf.tensor1d(layout.positions, 'int32')); // [B·T, 1]
    return { ...outputs, values: tf.reshape(chosen, [batch.batchSize, layout.steps]) };
  });
}

/** Only the states before a token of an answer go through the vocabulary's matrix; steps past the end get 0. */
function outputsFrom(
  policy: CausalLm,
  hidden: Tensor,
  layout: ResponseLayout,
  options: { temperature: number },
): PolicyOutputs {
  const shape: [number, number] = [layout.tokens.length / layout.steps, layout.steps];
  const kept = Int32Array.from(layout.completionMask.keys()).filter(
    (i) => layout.completionMask[i] === 1,
  );
  const labelled = {
    positions: kept.map((i) => layout.positions[i]!),
    labels: kept.map((i) => layout.tokens[i]!),
  };
  const { logprobs, entropies } = logprobsAt(policy, hidden, labelled, options); // [N]
  const places = new Int32Array(layout.tokens.length).fill(kept.length); // N: the zero after the last
  kept.forEach((i, n) => (places[i] = n));
  const spread = (values: Tensor): Tensor => {
    const table = tf.concat([tf.reshape(values, [-1, 1]), tf.zeros([1, 1])], 0); // [N+1, 1]
    return tf.reshape(embedding(table, tf.tensor1d(places, 'int32')), shape);
  };
  return { logprobs: spread(logprobs), entropies: noGradient(() => spread(entropies)) };
}
